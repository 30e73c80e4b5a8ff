package main

import (
	"errors"
	"log"
	"maps"
	"slices"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// publisher sends messages to a broker, and what holds at present again whenever it is connected anew. It never keeps
// the caller waiting: while the broker is away or slow, messages are dropped, and counted.
type publisher struct {
	client  mqtt.Client
	queue   chan message
	done    chan struct{} // closed when all is sent
	giveUp  chan struct{} // closed when there is no more time for it
	mu      sync.Mutex    // of what follows
	topics  *topics
	counts  map[string]int
	dropped int
	closed  bool
}

// Times, and how many messages may wait.
const (
	waiting = 256
	sending = 5 * time.Second // a message is given up after
	closing = 2 * time.Second // all that waits at the end
)

// connection is where the broker is.
type connection struct {
	broker, user, password string
	retry                  time.Duration // between attempts to connect, at most
}

// newPublisher begins to connect, and goes on trying until it is closed.
func newPublisher(c connection, t *topics) *publisher {
	p := &publisher{queue: make(chan message, waiting), done: make(chan struct{}),
		giveUp: make(chan struct{}), topics: t, counts: map[string]int{}}
	o := mqtt.NewClientOptions().AddBroker(c.broker).SetClientID(t.node()).SetUsername(c.user).SetPassword(c.password)
	o.SetWill(t.status(), "offline", 1, true)
	o.SetKeepAlive(30 * time.Second).SetConnectTimeout(10 * time.Second).SetWriteTimeout(sending)
	o.SetAutoReconnect(true).SetMaxReconnectInterval(c.retry)
	o.SetConnectRetry(true).SetConnectRetryInterval(min(c.retry, 2*time.Second))
	o.SetOrderMatters(false)
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { log.Printf("connection lost: %v", err) })
	o.SetOnConnectHandler(func(c mqtt.Client) {
		log.Printf("connected")
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, m := range p.topics.greeting(p.counts) {
			p.put(m)
		}
		c.Subscribe(t.status(), 1, p.contradict)
		if t.discover != "" { // Home Assistant forgets when it starts anew, and says when it has
			c.Subscribe(t.discover+"/status", 1, p.again)
		}
	})
	p.client = mqtt.NewClient(o)
	p.client.Connect()
	go p.run()
	return p
}

// contradict says online once more when something else says offline: a broker that is slow to miss an earlier
// connection publishes the will of that one after the greeting of this.
func (p *publisher) contradict(_ mqtt.Client, m mqtt.Message) {
	if string(m.Payload()) != "offline" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.put(message{p.topics.status(), "online", true})
}

// again tells Home Assistant once more when it says that it is there.
func (p *publisher) again(_ mqtt.Client, m mqtt.Message) {
	if string(m.Payload()) != "online" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.topics.discovery() {
		p.put(m)
	}
}

// tell publishes what has happened, and the counts that are other than they were.
func (p *publisher) tell(events []event, counts map[string]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range events {
		p.put(p.topics.event(e))
	}
	for _, m := range p.changed(counts) {
		p.put(m)
	}
}

// changed notes counts and returns the messages of those that are other than they were.
func (p *publisher) changed(counts map[string]int) (all []message) {
	for _, label := range slices.Sorted(maps.Keys(p.counts)) {
		if counts[label] == 0 {
			all = append(all, p.topics.count(label, 0)...)
			delete(p.counts, label)
		}
	}
	for _, label := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[label]; p.counts[label] != n {
			all = append(all, p.topics.count(label, n)...)
			p.counts[label] = n
		}
	}
	return all
}

// put queues a message, or drops it. The caller holds mu.
func (p *publisher) put(m message) {
	if p.closed {
		return
	}
	if p.client.IsConnectionOpen() {
		select {
		case p.queue <- m:
			return
		default:
		}
	}
	if p.dropped++; p.dropped&(p.dropped-1) == 0 { // once, twice, four times …
		log.Printf("%d messages dropped: the broker is away or slow", p.dropped)
	}
}

// run sends what is queued, one after the other.
func (p *publisher) run() {
	defer close(p.done)
	for m := range p.queue {
		if err := p.send(m); err != nil {
			log.Printf("%s: %v", m.topic, err)
		}
	}
}

// send waits until the broker has a message.
func (p *publisher) send(m message) error {
	if !p.client.IsConnectionOpen() {
		return mqtt.ErrNotConnected
	}
	t := p.client.Publish(m.topic, 1, m.retain, m.payload)
	late := time.NewTimer(sending)
	defer late.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-late.C:
	case <-p.giveUp:
	}
	return errors.New("not taken in time")
}

// close says that this is offline, and disconnects, within a while.
func (p *publisher) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	late := time.AfterFunc(closing, func() { close(p.giveUp) })
	defer late.Stop()
	p.queue <- message{p.topics.status(), "offline", true}
	close(p.queue)
	<-p.done
	p.client.Disconnect(250)
}
