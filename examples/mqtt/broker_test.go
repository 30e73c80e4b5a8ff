package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	server "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
)

// broker is one in this process.
type broker struct {
	*server.Server
	address string
	stop    func()
}

// newBroker starts one; address "" finds a free port.
func newBroker(t *testing.T, address string) *broker {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	s := server.New(&server.Options{InlineClient: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := s.AddHook(new(auth.AllowHook), nil); err != nil {
		t.Fatal(err)
	}
	l := listeners.NewTCP(listeners.Config{ID: "tcp", Address: address})
	if err := s.AddListener(l); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	b := &broker{s, l.Address(), sync.OnceFunc(func() { s.Close() })}
	t.Cleanup(b.stop)
	return b
}

// listener notes all messages.
type listener struct {
	mu  sync.Mutex
	all []message
}

// listen subscribes to everything.
func (b *broker) listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{}
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + b.address).SetAutoReconnect(false).
		SetClientID(fmt.Sprintf("%p", l))) // another for each: a broker throws out the older of two
	if tok := c.Connect(); !tok.WaitTimeout(5*time.Second) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	tok := c.Subscribe("#", 1, func(_ paho.Client, m paho.Message) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all = append(l.all, message{m.Topic(), string(m.Payload()), m.Retained()})
	})
	if !tok.WaitTimeout(5*time.Second) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return l
}

// wait returns the payload of the first message from the n-th on of a topic that has such a payload, and the number of
// the next message.
func (l *listener) wait(t *testing.T, n int, topic, has string) (string, int) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		l.mu.Lock()
		for i := n; i < len(l.all); i++ {
			if m := l.all[i]; m.topic == topic && strings.Contains(m.payload, has) {
				l.mu.Unlock()
				return m.payload, i + 1
			}
		}
		if time.Now().After(end) {
			t.Errorf("no %q of %q in %+v", has, topic, l.all[min(n, len(l.all)):])
			l.mu.Unlock()
			t.FailNow()
		}
		l.mu.Unlock()
	}
}

// line is one of camera --frames.
func line(tenths int, things ...thing) string {
	b, err := json.Marshal(map[string]any{"time": frame(tenths).Time, "width": 1280, "height": 720, "things": things,
		"more": "that a later version says"})
	if err != nil {
		panic(err)
	}
	return string(b) + "\n"
}

// start runs the program; what is written becomes its lines. stop ends it.
func start(t *testing.T, address string, more ...string) (w io.WriteCloser, stop func() error) {
	t.Helper()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		args := append([]string{"--broker", "tcp://" + address, "--name", "door", "--stays", "0s", "--retry", "200ms"},
			more...)
		ended <- run(t.Context(), args, r, io.Discard, io.Discard)
	}()
	stop = sync.OnceValue(func() error { w.Close(); return <-ended })
	t.Cleanup(func() { stop() })
	return w, stop
}

// TestBroker: a broker hears what appears, moves and leaves, how many there are, and what Home Assistant needs.
func TestBroker(t *testing.T) {
	b := newBroker(t, "")
	l := b.listen(t)
	w, stop := start(t, b.address)
	_, n := l.wait(t, 0, "gneiss/door/status", "online")
	config, _ := l.wait(t, 0, "homeassistant/event/gneiss_door/events/config", "")
	var c struct {
		StateTopic   string   `json:"state_topic"`
		Availability string   `json:"availability_topic"`
		ID           string   `json:"unique_id"`
		Types        []string `json:"event_types"`
		Device       struct{ Identifiers []string }
	}
	if err := json.Unmarshal([]byte(config), &c); err != nil || c.StateTopic != "gneiss/door/event" || len(c.Types) != 3 ||
		c.Availability != "gneiss/door/status" || c.ID != "gneiss_door_events" || c.Device.Identifiers[0] != "gneiss_door" {
		t.Errorf("%s, %v", config, err)
	}
	fmt.Fprint(w, line(0, at(7, 100, 100)))
	e, _ := l.wait(t, n, "gneiss/door/event", appears)
	var got event
	if err := json.Unmarshal([]byte(e), &got); err != nil || got.ID != 7 || got.Label != "person" || got.Score != 0.9 ||
		got.Box != [4]float32{100, 100, 110, 110} || !got.Time.Equal(noon) {
		t.Errorf("%s, %v", e, err)
	}
	sensor, at1 := l.wait(t, n, "homeassistant/sensor/gneiss_door/count_person/config", "gneiss/door/count/person")
	if !strings.Contains(sensor, `"unique_id":"gneiss_door_count_person"`) {
		t.Error(sensor)
	}
	l.wait(t, at1, "gneiss/door/count/person", "1")
	fmt.Fprint(w, line(5, at(7, 150, 100), at(8, 0, 0)))
	_, n = l.wait(t, n, "gneiss/door/event", moves)
	_, n = l.wait(t, n, "gneiss/door/count/person", "2")
	fmt.Fprint(w, line(40, at(8, 0, 0)))
	_, n = l.wait(t, n, "gneiss/door/event", leaves)
	_, n = l.wait(t, n, "gneiss/door/count/person", "1")
	if err := stop(); err != nil {
		t.Error(err)
	}
	_, n = l.wait(t, n, "gneiss/door/event", leaves)
	_, n = l.wait(t, n, "gneiss/door/count/person", "0")
	l.wait(t, n, "gneiss/door/status", "offline")
	late := b.listen(t) // whoever comes later is told what holds
	late.wait(t, 0, "gneiss/door/status", "offline")
	late.wait(t, 0, "gneiss/door/count/person", "0")
	late.wait(t, 0, "homeassistant/sensor/gneiss_door/count_person/config", "")
}

// TestWill: when the program is gone without a word, the broker says so.
func TestWill(t *testing.T) {
	b := newBroker(t, "")
	l := b.listen(t)
	start(t, b.address)
	_, n := l.wait(t, 0, "gneiss/door/status", "online")
	cl, ok := b.Clients.Get("gneiss_door")
	if !ok {
		t.Fatal("no client")
	}
	cl.Net.Conn.Close() // unplugged; Stop, beside a packet that is being read, ends as if the client had said goodbye
	_, n = l.wait(t, n, "gneiss/door/status", "offline")
	l.wait(t, n, "gneiss/door/status", "online") // and it comes back by itself
}

// TestLateWill: a will that comes after the program is back does not stand.
func TestLateWill(t *testing.T) {
	b := newBroker(t, "")
	l := b.listen(t)
	start(t, b.address)
	_, n := l.wait(t, 0, "gneiss/door/status", "online")
	if err := b.Publish("gneiss/door/status", []byte("offline"), true, 1); err != nil {
		t.Fatal(err)
	}
	_, n = l.wait(t, n, "gneiss/door/status", "offline")
	l.wait(t, n, "gneiss/door/status", "online")
}

// TestReconnect: a broker that starts anew is told again what there is; one that is not there at first is waited for.
func TestReconnect(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	w, _ := start(t, address)
	fmt.Fprint(w, line(0, at(1, 0, 0), at(2, 50, 50))) // nobody hears it
	first := newBroker(t, address)
	first.listen(t).wait(t, 0, "gneiss/door/count/person", "2")
	first.stop()
	fmt.Fprint(w, line(1, at(1, 0, 0)), line(30, at(1, 0, 0)))
	second := newBroker(t, address)
	l := second.listen(t)
	l.wait(t, 0, "gneiss/door/status", "online")
	l.wait(t, 0, "homeassistant/event/gneiss_door/events/config", "")
	_, n := l.wait(t, 0, "gneiss/door/count/person", "1")
	if err := second.Publish("homeassistant/status", []byte("online"), false, 0); err != nil {
		t.Fatal(err)
	}
	l.wait(t, n, "homeassistant/sensor/gneiss_door/count_person/config", "") // Home Assistant has started anew
}

// TestSlow: a program without a broker neither waits nor fails.
func TestSlow(t *testing.T) {
	w, stop := start(t, "127.0.0.1:1")
	for i := range 1000 {
		fmt.Fprint(w, line(10*i, at(i+1, 0, 0)))
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestDry prints the messages.
func TestDry(t *testing.T) {
	var out bytes.Buffer
	in := line(0, at(1, 0, 0)) + line(10)
	args := []string{"--dry-run", "--stays", "0s", "--discovery", ""}
	if err := run(t.Context(), args, strings.NewReader(in), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var topics []string
	for l := range strings.Lines(out.String()) {
		topics = append(topics, strings.Fields(l)[0])
	}
	const twice = "gneiss/camera/event gneiss/camera/count/person "
	if got := strings.Join(topics, " ") + " "; got != twice+twice {
		t.Error(out.String())
	}
}

// TestUsage: what makes no sense is refused, and a line that is none.
func TestUsage(t *testing.T) {
	var usage *usageError
	for _, args := range []string{"--name a/b", "--name ", "--discovery a+b", "--score 2", "--move -1", "--move NaN",
		"--gone -1s", "--none"} {
		err := run(t.Context(), strings.Split(args, " "), strings.NewReader(""), io.Discard, io.Discard)
		if !errors.As(err, &usage) {
			t.Errorf("%s: %v", args, err)
		}
	}
	for _, bad := range []string{"30.0 fps\n", "[]\n", `{"things":[{"id":"x"}]}` + "\n", strings.Repeat("x", maxLine+1)} {
		if err := run(t.Context(), []string{"--dry-run"}, strings.NewReader(bad), io.Discard, io.Discard); err == nil {
			t.Errorf("%.20q is taken", bad)
		}
	}
	if err := run(t.Context(), []string{"--dry-run", "--", "no such program"}, nil, io.Discard, io.Discard); err == nil {
		t.Error("started")
	}
}
