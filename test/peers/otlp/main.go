// Command otlp is a collector's side of OTLP, for tests: it reads requests by
// the protocol's own messages, refusing any member that they do not have, and
// lists what it read: logs in the JSON encoding, traces in that of protobuf.
// One request and one answer, both JSON.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

type request struct {
	// Bodies: of POST /v1/logs, application/json.
	Bodies []json.RawMessage `json:"bodies"`
	// Traces: bodies of POST /v1/traces, application/x-protobuf.
	Traces [][]byte `json:"traces"`
}

type record struct {
	Event    string `json:"event"`
	Time     uint64 `json:"time"`
	Severity int32  `json:"severity"`
	Body     string `json:"body"`
}

type span struct {
	Resource   map[string]string `json:"resource"`
	Scope      string            `json:"scope"`
	Name       string            `json:"name"`
	Kind       string            `json:"kind"`
	Trace      string            `json:"trace"`
	Span       string            `json:"span"`
	Parent     string            `json:"parent"`
	State      string            `json:"state"`
	Attributes map[string]string `json:"attributes"`
	Status     string            `json:"status"`
	Message    string            `json:"message"`
	// Took: nanoseconds; -1 where it ends before it begins.
	Took int64 `json:"took"`
}

type answer struct {
	Records  []record `json:"records"`
	Spans    []span   `json:"spans"`
	Problems []string `json:"problems"`
}

func main() {
	var r request
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	a := answer{Records: []record{}, Spans: []span{}, Problems: []string{}}
	for i, body := range r.Bodies {
		a.readLogs(i, body)
	}
	for i, body := range r.Traces {
		a.readTraces(i, body)
	}
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (a *answer) readLogs(i int, body []byte) {
	// an ExportLogsServiceRequest has the one field of LogsData
	var data logs.LogsData
	if err := protojson.Unmarshal(body, &data); err != nil {
		a.Problems = append(a.Problems, fmt.Sprintf("body %d: %v", i, err))
		return
	}
	for _, resource := range data.ResourceLogs {
		for _, scope := range resource.ScopeLogs {
			for _, log := range scope.LogRecords {
				a.Records = append(a.Records, record{
					Event:    log.EventName,
					Time:     log.TimeUnixNano,
					Severity: int32(log.SeverityNumber),
					Body:     log.Body.GetStringValue(),
				})
			}
		}
	}
}

func (a *answer) readTraces(i int, body []byte) {
	// an ExportTraceServiceRequest has the one field of TracesData
	var data traces.TracesData
	if err := proto.Unmarshal(body, &data); err != nil {
		a.Problems = append(a.Problems, fmt.Sprintf("traces %d: %v", i, err))
		return
	}
	if len(data.ProtoReflect().GetUnknown()) > 0 {
		a.Problems = append(a.Problems, fmt.Sprintf("traces %d: unknown fields", i))
	}
	for _, resource := range data.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, s := range scope.Spans {
				if len(s.ProtoReflect().GetUnknown()) > 0 || len(s.TraceId) != 16 || len(s.SpanId) != 8 {
					a.Problems = append(a.Problems, fmt.Sprintf("traces %d: a span that is not as it should be", i))
				}
				took := int64(-1)
				if s.EndTimeUnixNano >= s.StartTimeUnixNano {
					took = int64(s.EndTimeUnixNano - s.StartTimeUnixNano)
				}
				a.Spans = append(a.Spans, span{
					Resource:   texts(resource.Resource.GetAttributes()),
					Scope:      scope.Scope.GetName(),
					Name:       s.Name,
					Kind:       s.Kind.String(),
					Trace:      hex.EncodeToString(s.TraceId),
					Span:       hex.EncodeToString(s.SpanId),
					Parent:     hex.EncodeToString(s.ParentSpanId),
					State:      s.TraceState,
					Attributes: texts(s.Attributes),
					Status:     s.Status.GetCode().String(),
					Message:    s.Status.GetMessage(),
					Took:       took,
				})
			}
		}
	}
}

func texts(attributes []*common.KeyValue) map[string]string {
	out := map[string]string{}
	for _, a := range attributes {
		switch v := a.Value.GetValue().(type) {
		case *common.AnyValue_StringValue:
			out[a.Key] = v.StringValue
		case *common.AnyValue_BoolValue:
			out[a.Key] = fmt.Sprint(v.BoolValue)
		case *common.AnyValue_IntValue:
			out[a.Key] = fmt.Sprint(v.IntValue)
		case *common.AnyValue_DoubleValue:
			out[a.Key] = fmt.Sprint(v.DoubleValue)
		default:
			out[a.Key] = fmt.Sprintf("%T", v)
		}
	}
	return out
}
