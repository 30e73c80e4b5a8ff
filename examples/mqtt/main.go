// Mqtt tells a broker what a camera sees: what appears, moves and leaves, and how many of each there are. It reads the
// lines of camera --frames, and Home Assistant finds it by itself.
//
//	camera --model yolov8n.gneiss --frames | mqtt --broker tcp://localhost:1883 --name door
//	mqtt --broker ssl://broker:8883 --user door --name door -- camera --model yolov8n.gneiss --frames
//	mosquitto_sub -v -t 'gneiss/#'
//
// The password is that of the environment, MQTT_PASSWORD. Topics are listed at [topics]. When the broker is away,
// events are lost; how many there are is told again as soon as it is back. When this program dies, the broker says that
// it is offline.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	log.SetFlags(0)
	log.SetPrefix("mqtt: ")
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	var usage *usageError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp) || ctx.Err() != nil:
	case errors.As(err, &usage):
		log.Print(err)
		os.Exit(2)
	default:
		log.Print(err)
		os.Exit(1)
	}
}

// usageError is a command line that makes no sense.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// options are the command line.
type options struct {
	connection
	rules
	name, discover string
	dry            bool
	command        []string // what gives lines, in place of standard input
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("mqtt", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.broker, "broker", "tcp://localhost:1883", "`URL` of the broker: tcp, ssl, ws or wss")
	f.StringVar(&o.user, "user", "", "`name` to log in with; the password is $MQTT_PASSWORD")
	f.StringVar(&o.name, "name", "camera", "`word` by which this camera is known in topics")
	f.StringVar(&o.discover, "discovery", "homeassistant", "`prefix` of Home Assistant's discovery; empty for none")
	labels := f.String("labels", "", "`names` of what counts, with commas between (default: all)")
	f.Float64Var(&o.score, "score", 0.5, "that a thing must have once to appear")
	f.DurationVar(&o.stays, "stays", 500*time.Millisecond, "how long it must be there before it appears")
	f.DurationVar(&o.gone, "gone", 2*time.Second, "how long it is not seen when it has left")
	f.Float64Var(&o.move, "move", 0.5, "how far a thing goes until it moves, in `parts` of its diagonal; 0 for never")
	f.DurationVar(&o.retry, "retry", 10*time.Second, "longest pause between attempts to connect")
	f.BoolVar(&o.dry, "dry-run", false, "print the messages; no broker")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, &usageError{err.Error()}
	}
	o.password, o.command = os.Getenv("MQTT_PASSWORD"), f.Args()
	if *labels != "" {
		o.labels = strings.Split(*labels, ",")
	}
	word := func(s string) bool {
		return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) })
	}
	switch {
	case !word(o.name):
		return nil, &usageError{"--name must be of letters, digits, _ and -"}
	case o.discover != "" && !word(o.discover):
		return nil, &usageError{"--discovery must be of letters, digits, _ and -"}
	case !(o.score >= 0 && o.score <= 1) || !(o.move >= 0) || o.gone < 0 || o.stays < 0 || o.retry <= 0:
		return nil, &usageError{"--score must be 0 to 1, --move, --gone, --stays and --retry not negative"}
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	t := newTopics(o.name, o.discover)
	var tell func(events []event, counts map[string]int)
	if o.dry {
		p := &publisher{topics: t, counts: map[string]int{}}
		tell = func(events []event, counts map[string]int) {
			for _, e := range events {
				fmt.Fprintln(stdout, t.event(e).topic, t.event(e).payload)
			}
			for _, m := range p.changed(counts) {
				fmt.Fprintln(stdout, m.topic, m.payload)
			}
		}
	} else {
		p := newPublisher(o.connection, t)
		defer p.close()
		tell = p.tell
	}
	if len(o.command) == 0 {
		return o.follow(ctx, stdin, tell)
	}
	cmd := exec.CommandContext(ctx, o.command[0], o.command[1:]...)
	cmd.Stderr = stderr
	lines, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = o.follow(ctx, lines, tell)
	return errors.Join(err, cmd.Wait())
}

// maxLine is the longest line that is read.
const maxLine = 1 << 20

// follow tells what happens until there are no more lines or ctx is done.
func (o *options) follow(ctx context.Context, r io.Reader, tell func([]event, map[string]int)) error {
	s := newScene(o.rules)
	defer func() { tell(s.clear(), nil) }()
	lines, failed := make(chan []byte), make(chan error, 1)
	go func() {
		in := bufio.NewScanner(r)
		in.Buffer(nil, maxLine)
		for in.Scan() {
			select {
			case lines <- append([]byte(nil), in.Bytes()...):
			case <-ctx.Done():
				return
			}
		}
		failed <- in.Err()
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-failed:
			return err
		case line := <-lines:
			var f sight
			if err := json.Unmarshal(line, &f); err != nil {
				return fmt.Errorf("a line that is none of camera --frames: %w", err)
			}
			tell(s.see(&f), s.counts())
		}
	}
}
