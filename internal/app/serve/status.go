package serve

import (
	"bytes"
	"io"
	"net/http"
	goruntime "runtime"
)

// healthz is for those who want a word rather than JSON.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	if s.draining.Load() {
		return errClosing
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, "ok\n")
	return err
}

func (s *Server) writeMetrics(w http.ResponseWriter, _ *http.Request) error {
	var mem goruntime.MemStats
	goruntime.ReadMemStats(&mem)
	uploads, uploadBytes := s.uploads.count()
	connections, evicted := s.conns.count()
	arenas, weights := 0, 0
	for _, m := range s.models {
		arenas += s.opts.Sessions * m.card.ArenaBytes
		weights += m.card.WeightBytes
	}
	gauges := []gauge{
		{"gneiss_connections", "Connections.", nil, float64(connections)},
		{"gneiss_connections_evicted_total", "Idle or silent connections closed to let others in.", nil, float64(evicted)},
		{"gneiss_uploads", "Bodies that are being received.", nil, float64(uploads)},
		{"gneiss_upload_bytes", "Memory of bodies, until they are decoded.", nil, float64(uploadBytes)},
		{"gneiss_decoders_busy", "Pictures and tensors that are being decoded.", nil, float64(s.decoders.busy())},
		{"gneiss_log_dropped_total", "Log lines lost because the log stalled or failed.", nil, float64(s.opts.LogDropped())},
		{"gneiss_sessions", "Requests that can run at a time, each in a session of its own.", nil, float64(s.opts.Sessions)},
		{"gneiss_sessions_busy", "Of these, how many run.", nil, float64(s.pool.busy())},
		{"gneiss_requests_waiting", "Requests that are decoded or wait for a session.", nil, float64(s.pool.waiting())},
		{"gneiss_arena_bytes", "Memory of the activations of all sessions.", nil,
			float64(arenas)},
		{"gneiss_weight_bytes", "Memory of the packed weights, which sessions share.", nil, float64(weights)},
		{"process_start_time_seconds", "When the server was made, in seconds since 1970.", nil,
			float64(s.metrics.start.UnixMilli()) / 1000},
		{"go_goroutines", "Goroutines that exist.", nil, float64(goruntime.NumGoroutine())},
		{"go_memstats_heap_alloc_bytes", "Heap in use.", nil, float64(mem.HeapAlloc)},
		{"go_memstats_sys_bytes", "Memory obtained from the system by Go.", nil, float64(mem.Sys)},
	}
	for _, m := range s.models {
		gauges = append(gauges, gauge{"gneiss_model_info", "The models; the value is 1.",
			[]string{"model", m.id, "dtype", m.card.DType, "isa", m.card.ISA, "version", s.opts.Version}, 1})
	}
	var b bytes.Buffer
	s.metrics.write(&b, gauges)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, err := w.Write(b.Bytes())
	return err
}
