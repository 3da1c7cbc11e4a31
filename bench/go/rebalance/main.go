// How long a group of franz-go's takes to be divided; see ../../rebalance/run.mjs.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

type job struct {
	Brokers    []string
	Topic      string
	Partitions int
	Group      string
	Members    int
	Kind       string
	Pause      int
}

type watch struct {
	sync.Mutex
	job     job
	members map[int]map[int32]bool
	changed chan struct{}
}

func (w *watch) change(member int, partitions []int32, has bool) {
	w.Lock()
	for _, partition := range partitions {
		if has {
			w.members[member][partition] = true
		} else {
			delete(w.members[member], partition)
		}
	}
	w.Unlock()
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

func (w *watch) isEven(count int) bool {
	w.Lock()
	defer w.Unlock()
	all, sum, most, least, busy := map[int32]bool{}, 0, 0, w.job.Partitions, 0
	for _, has := range w.members {
		if len(has) == 0 {
			continue
		}
		busy++
		sum += len(has)
		most, least = max(most, len(has)), min(least, len(has))
		for partition := range has {
			all[partition] = true
		}
	}
	return busy == count && len(all) == w.job.Partitions && sum == w.job.Partitions && most-least <= 1
}

func (w *watch) even(count int, from time.Time) float64 {
	for !w.isEven(count) {
		<-w.changed
	}
	return float64(time.Since(from).Microseconds()) / 1000
}

func (w *watch) start(member int) *kgo.Client {
	w.Lock()
	w.members[member] = map[int32]bool{}
	w.Unlock()
	gone := func(_ context.Context, _ *kgo.Client, lost map[string][]int32) { w.change(member, lost[w.job.Topic], false) }
	opts := []kgo.Opt{
		kgo.SeedBrokers(w.job.Brokers...), kgo.ConsumerGroup(w.job.Group), kgo.ConsumeTopics(w.job.Topic),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, added map[string][]int32) {
			w.change(member, added[w.job.Topic], true)
		}),
		kgo.OnPartitionsRevoked(gone), kgo.OnPartitionsLost(gone),
	}
	switch w.job.Kind {
	case "eager":
		opts = append(opts, kgo.Balancers(kgo.RangeBalancer()))
	case "consumer":
		ctx := context.WithValue(context.Background(), "opt_in_kafka_next_gen_balancer_beta", true)
		opts = append(opts, kgo.WithContext(ctx))
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		panic(err)
	}
	go func() {
		for !client.PollFetches(context.Background()).IsClientClosed() {
		}
	}()
	return client
}

func main() {
	w := &watch{members: map[int]map[int32]bool{}, changed: make(chan struct{}, 1)}
	if err := json.Unmarshal([]byte(os.Args[1]), &w.job); err != nil {
		panic(err)
	}
	from := time.Now()
	var last *kgo.Client
	for i := range w.job.Members {
		last = w.start(i)
	}
	start := w.even(w.job.Members, from)
	time.Sleep(time.Duration(w.job.Pause) * time.Millisecond)
	from = time.Now()
	last.LeaveGroup()
	leave := w.even(w.job.Members-1, from)
	time.Sleep(time.Duration(w.job.Pause) * time.Millisecond)
	from = time.Now()
	w.start(w.job.Members)
	join := w.even(w.job.Members, from)
	fmt.Printf("{\"start\":%f,\"leave\":%f,\"join\":%f}\n", start, leave, join)
}
