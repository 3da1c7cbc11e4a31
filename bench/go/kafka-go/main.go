package main

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"

	"isokafka.bench/measure"
)

type client struct{}

func (client) Produce(job measure.Job) (func([][]byte) error, func()) {
	// Its default batch of 100 and linger of a second would measure the defaults: these are what its users set for speed.
	w := &kafka.Writer{Addr: kafka.TCP(job.Brokers...), Topic: job.Topic, RequiredAcks: kafka.RequiredAcks(job.Acks), BatchSize: 10000, BatchTimeout: 5 * time.Millisecond, Balancer: &kafka.RoundRobin{}}
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
	r := kafka.NewReader(kafka.ReaderConfig{Brokers: job.Brokers, GroupID: job.Group, Topic: job.Topic, MaxBytes: 16 << 20, StartOffset: kafka.FirstOffset, QueueCapacity: 1000})
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
