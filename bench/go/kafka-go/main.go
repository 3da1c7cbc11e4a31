package main

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"

	"isokafka.bench/measure"
)

type client struct{}

func (client) Produce(job measure.Job) (func([][]byte) error, func()) {
	w := &kafka.Writer{Addr: kafka.TCP(job.Brokers...), Topic: job.Topic, RequiredAcks: kafka.RequiredAcks(job.Acks)}
	if job.Tuned {
		// By default it waits up to a second for a batch of 100. Single messages fill no larger one.
		w.BatchTimeout = time.Millisecond
		if job.PerCall > 1 {
			w.BatchSize = 10000
		}
	}
	ctx := context.Background()
	return func(values [][]byte) error {
		messages := make([]kafka.Message, len(values))
		for i, value := range values {
			messages[i].Value = value
		}
		return w.WriteMessages(ctx, messages...)
	}, func() { w.Close() }
}

func (client) Consume(job measure.Job, seen func(int, int) bool) {
	config := kafka.ReaderConfig{Brokers: job.Brokers, GroupID: job.Group, Topic: job.Topic, StartOffset: kafka.FirstOffset}
	if job.Tuned {
		config.MaxBytes, config.QueueCapacity = 16<<20, 1000
	}
	r := kafka.NewReader(config)
	for {
		message, err := r.FetchMessage(context.Background())
		if err != nil {
			panic(err)
		}
		if seen(1, len(message.Value)) {
			return
		}
	}
}

func main() { measure.Main(client{}) }
