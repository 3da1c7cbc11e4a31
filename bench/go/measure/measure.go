// Package measure runs the same jobs as bench/client.mjs and prints the same line of JSON.
package measure

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type Job struct {
	Brokers []string `json:"brokers"`
	Topic   string   `json:"topic"`
	Group   string   `json:"group"`
	Kind    string   `json:"kind"`
	Mode    string   `json:"mode"`
	Size    int      `json:"size"`
	Callers int      `json:"callers"`
	PerCall int      `json:"perCall"`
	// -1 for all replicas, 1 for the leader, 0 for none.
	Acks  int `json:"acks"`
	Warm  int `json:"warm"`
	Count int `json:"count"`
	// Each call is a transaction.
	Transactional bool `json:"transactional"`
	// Whether the client runs with the best settings we found, or with its own.
	Tuned bool `json:"tuned"`
}

// Client is one peer. Consume calls seen with the messages and value bytes that arrived until it answers true.
type Client interface {
	Produce(job Job) (send func(values [][]byte) error, close func())
	Consume(job Job, seen func(messages, bytes int) bool)
}

type result struct {
	Rate                float64 `json:"rate"`
	CPUMicrosPerMessage float64 `json:"cpuMicrosPerMessage"`
	LatencyMicros       float64 `json:"latencyMicros,omitempty"`
	PeakMemoryBytes     int64   `json:"peakMemoryBytes"`
}

func Main(client Client) {
	var job Job
	check(json.Unmarshal([]byte(os.Args[1]), &job))
	values := make([][]byte, 997)
	for i := range values {
		values[i] = make([]byte, job.Size)
		for at := range values[i] {
			values[i][at] = byte(i*31 + at*7)
		}
	}
	var r result
	switch job.Kind {
	case "produce":
		r = produce(client, job, values)
	case "consume":
		r = consume(client, job)
	case "latency":
		r = latency(client, job, values)
	}
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	r.PeakMemoryBytes = usage.Maxrss * 1024
	line, _ := json.Marshal(r)
	fmt.Println(string(line))
	os.Exit(0)
}

func produce(client Client, job Job, values [][]byte) result {
	send, done := client.Produce(job)
	defer done()
	calls := make([][][]byte, 64)
	for i := range calls {
		for k := 0; k < job.PerCall; k++ {
			calls[i] = append(calls[i], values[(i*job.PerCall+k)%len(values)])
		}
	}
	var next atomic.Int64
	run := func(count int) {
		left := atomic.Int64{}
		left.Store(int64((count + job.PerCall - 1) / job.PerCall))
		var all sync.WaitGroup
		for c := 0; c < job.Callers; c++ {
			all.Add(1)
			go func() {
				defer all.Done()
				for left.Add(-1) >= 0 {
					check(send(calls[next.Add(1)%int64(len(calls))]))
				}
			}()
		}
		all.Wait()
	}
	run(job.Warm)
	stop := start()
	run(job.Count)
	return stop((job.Count + job.PerCall - 1) / job.PerCall * job.PerCall)
}

func consume(client Client, job Job) result {
	total, bytes, from := 0, 0, 0
	var stop func(int) result
	var r result
	client.Consume(job, func(messages, length int) bool {
		total += messages
		bytes += length
		if stop == nil {
			if total >= job.Warm {
				stop, from = start(), total
			}
		} else if total >= job.Warm+job.Count {
			r = stop(total - from)
			return true
		}
		return false
	})
	if bytes != total*job.Size {
		panic(fmt.Sprintf("%d bytes in %d messages of %d", bytes, total, job.Size))
	}
	return r
}

func latency(client Client, job Job, values [][]byte) result {
	send, done := client.Produce(job)
	defer done()
	for i := 0; i < job.Warm; i++ {
		check(send(values[:1]))
	}
	took := make([]float64, job.Count)
	sum := 0.0
	for i := range took {
		from := time.Now()
		check(send(values[:1]))
		took[i] = float64(time.Since(from).Nanoseconds()) / 1000
		sum += took[i]
	}
	sort.Float64s(took)
	return result{Rate: float64(job.Count) / (sum / 1e6), LatencyMicros: took[len(took)/2]}
}

func start() func(int) result {
	cpu, from := used(), time.Now()
	return func(count int) result {
		seconds := time.Since(from).Seconds()
		return result{Rate: float64(count) / seconds, CPUMicrosPerMessage: float64(used()-cpu) / float64(count)}
	}
}

// used answers the processor time of this process in microseconds.
func used() int64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Sec*1e6 + usage.Utime.Usec + usage.Stime.Sec*1e6 + usage.Stime.Usec
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
