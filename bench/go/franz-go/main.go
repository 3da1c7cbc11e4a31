package main

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"isokafka.bench/measure"
)

type client struct{}

func (client) Produce(job measure.Job) (func([][]byte) error, func()) {
	opts := []kgo.Opt{kgo.SeedBrokers(job.Brokers...), kgo.DefaultProduceTopic(job.Topic)}
	if job.Tuned {
		opts = append(opts, kgo.RecordPartitioner(kgo.RoundRobinPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()),
			kgo.MaxBufferedRecords(100000), kgo.ProducerLinger(0))
	}
	switch job.Acks {
	case 1:
		opts = append(opts, kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite())
	case 0:
		opts = append(opts, kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())
	}
	if job.Transactional {
		opts = append(opts, kgo.TransactionalID(job.Topic))
	}
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	return func(values [][]byte) error {
		records := make([]*kgo.Record, len(values))
		for i, value := range values {
			records[i] = &kgo.Record{Value: value}
		}
		if !job.Transactional {
			return cl.ProduceSync(ctx, records...).FirstErr()
		}
		if err := cl.BeginTransaction(); err != nil {
			return err
		}
		if err := cl.ProduceSync(ctx, records...).FirstErr(); err != nil {
			return err
		}
		return cl.EndTransaction(ctx, kgo.TryCommit)
	}, cl.Close
}

func (client) Consume(job measure.Job, seen func(int, int) bool) {
	opts := []kgo.Opt{kgo.SeedBrokers(job.Brokers...), kgo.ConsumerGroup(job.Group), kgo.ConsumeTopics(job.Topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())}
	if job.Tuned {
		opts = append(opts, kgo.FetchMaxBytes(16<<20))
	}
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		panic(err)
	}
	for {
		fetches := cl.PollFetches(context.Background())
		messages, bytes := 0, 0
		fetches.EachRecord(func(record *kgo.Record) {
			messages++
			bytes += len(record.Value)
		})
		if messages > 0 && seen(messages, bytes) {
			return
		}
	}
}

func main() { measure.Main(client{}) }
