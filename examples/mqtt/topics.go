package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// message is what is published. Retained ones are given by the broker to whoever subscribes later.
type message struct {
	topic   string
	payload string
	retain  bool
}

// topics name what is published:
//
//	gneiss/NAME/status          online or offline, retained; offline is also the last will
//	gneiss/NAME/event           an object for each event
//	gneiss/NAME/count/LABEL     how many there are, retained
//	homeassistant/…/config      what Home Assistant is told of them, retained
type topics struct {
	name     string
	discover string            // the prefix of Home Assistant's discovery; "" for none
	slugs    map[string]string // of labels
	labels   []string          // in the order in which they came
}

// maxLabels bounds the names that have topics.
const maxLabels = 256

func newTopics(name, discover string) *topics {
	return &topics{name: name, discover: discover, slugs: map[string]string{}}
}

func (t *topics) base() string   { return "gneiss/" + t.name }
func (t *topics) status() string { return t.base() + "/status" }
func (t *topics) node() string   { return "gneiss_" + t.name }

// slug returns a label as a level of a topic: of letters, digits, _ and -, another for each label. known means that it
// was asked for before; "" that there are too many.
func (t *topics) slug(label string) (slug string, known bool) {
	if s, ok := t.slugs[label]; ok {
		return s, true
	}
	if len(t.slugs) >= maxLabels {
		return "", false
	}
	word := strings.Map(func(r rune) rune {
		if plain(r) {
			return r
		}
		return '_'
	}, label[:min(len(label), 64)])
	if word == "" {
		word = "_"
	}
	slug = word
	for n := 2; t.taken(slug); n++ {
		slug = fmt.Sprintf("%s_%d", word, n)
	}
	t.slugs[label], t.labels = slug, append(t.labels, label)
	return slug, false
}

func (t *topics) taken(slug string) bool {
	for _, s := range t.slugs {
		if s == slug {
			return true
		}
	}
	return false
}

// plain runes are such as topics and Home Assistant's identifiers may have.
func plain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
}

// event is the message of an event.
func (t *topics) event(e event) message { return message{t.base() + "/event", encode(e), false} }

// count are the messages of a number of things; before the first one Home Assistant is told of it.
func (t *topics) count(label string, n int) (all []message) {
	slug, known := t.slug(label)
	if slug == "" {
		return nil
	}
	if !known {
		all = append(all, t.sensor(label, slug)...)
	}
	return append(all, message{t.base() + "/count/" + slug, fmt.Sprint(n), true})
}

// greeting are the messages of a new connection: that this is online, and what there is.
func (t *topics) greeting(counts map[string]int) []message {
	all := append([]message{{t.status(), "online", true}}, t.discovery()...)
	for _, label := range t.labels {
		all = append(all, t.count(label, counts[label])...)
	}
	return all
}

// discovery are the messages that make Home Assistant show the events and all counts as one device.
func (t *topics) discovery() []message {
	if t.discover == "" {
		return nil
	}
	all := []message{t.config("event", "events", map[string]any{
		"name": "Events", "state_topic": t.base() + "/event", "event_types": []string{appears, moves, leaves},
		"icon": "mdi:cctv",
	})}
	for _, label := range t.labels {
		all = append(all, t.sensor(label, t.slugs[label])...)
	}
	return all
}

// sensor tells Home Assistant of a count.
func (t *topics) sensor(label, slug string) []message {
	if t.discover == "" {
		return nil
	}
	return []message{t.config("sensor", "count_"+slug, map[string]any{
		"name": label, "state_topic": t.base() + "/count/" + slug, "state_class": "measurement",
	})}
}

// config is a message of discovery.
func (t *topics) config(component, object string, of map[string]any) message {
	of["unique_id"] = t.node() + "_" + object
	of["availability_topic"] = t.status()
	of["device"] = map[string]any{"identifiers": []string{t.node()}, "name": t.name, "manufacturer": "gneiss"}
	of["origin"] = map[string]any{"name": "gneiss"}
	return message{fmt.Sprintf("%s/%s/%s/%s/config", t.discover, component, t.node(), object), encode(of), true}
}

// encode is a value as JSON; all that is encoded here can be.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
