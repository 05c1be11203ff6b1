// Real OPA behind the benchmark's protocol: one JSON request a line on stdin, one JSON answer a line on stdout.
// bench/rego/peers.ts says what each request means.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

type module struct {
	File string `json:"file"`
	Text string `json:"text"`
}

type request struct {
	Op      string         `json:"op"`
	Modules []module       `json:"modules"`
	Version string         `json:"regoVersion"`
	Query   string         `json:"query"`
	Data    map[string]any `json:"data"`
	Inputs  []string       `json:"inputs"`
	Basis   string         `json:"basis"`
	Ms      float64        `json:"ms"`
}

// answer holds what the request asked for; Values has one JSON document, or null for undefined, per input.
type answer struct {
	Error  string            `json:"error,omitempty"`
	Values []json.RawMessage `json:"values,omitempty"`
	Us     float64           `json:"us,omitempty"`
	Bytes  uint64            `json:"bytes,omitempty"`
}

type workload struct {
	query  rego.PreparedEvalQuery
	texts  []string
	inputs []ast.Value
}

// parsed evaluates on an input that is parsed already; whole reads and writes JSON around it.
func (w *workload) parsed(i int) error {
	_, err := w.query.Eval(context.Background(), rego.EvalParsedInput(w.inputs[i]))
	return err
}

func (w *workload) whole(i int) error {
	_, err := w.text(i)
	return err
}

func (w *workload) text(i int) ([]byte, error) {
	input, err := ast.ValueFromReader(bytes.NewReader([]byte(w.texts[i])))
	if err != nil {
		return nil, err
	}
	results, err := w.query.Eval(context.Background(), rego.EvalParsedInput(input))
	if err != nil || len(results) == 0 {
		return []byte("null"), err
	}
	return json.Marshal(results[0].Expressions[0].Value)
}

func load(r request) (*workload, time.Duration, error) {
	version := ast.RegoV1
	if r.Version == "v0" {
		version = ast.RegoV0
	}
	options := []func(*rego.Rego){
		rego.Query(r.Query),
		rego.SetRegoVersion(version),
		rego.Store(inmem.NewFromObjectWithOpts(r.Data, inmem.OptReturnASTValuesOnRead(true))),
	}
	for _, m := range r.Modules {
		options = append(options, rego.Module(m.File, m.Text))
	}
	start := time.Now()
	query, err := rego.New(options...).PrepareForEval(context.Background())
	took := time.Since(start)
	if err != nil {
		return nil, took, err
	}
	w := &workload{query: query, texts: r.Inputs}
	for _, text := range r.Inputs {
		input, err := ast.ValueFromReader(bytes.NewReader([]byte(text)))
		if err != nil {
			return nil, took, err
		}
		w.inputs = append(w.inputs, input)
	}
	return w, took, nil
}

// average runs whole passes over the inputs for a time, and answers microseconds per evaluation. It asks the clock some ten times only.
func (w *workload) average(run func(int) error, ms float64) (float64, error) {
	start := time.Now()
	passes, batch := 0, 1
	for {
		for range batch {
			for i := range w.inputs {
				if err := run(i); err != nil {
					return 0, err
				}
			}
		}
		passes += batch
		took := time.Since(start).Seconds() * 1000
		if took >= ms {
			return took * 1000 / float64(passes*len(w.inputs)), nil
		}
		if took < ms/10 {
			batch *= 2
		}
	}
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	var w *workload
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		var a answer
		if err := json.Unmarshal(line, &r); err != nil {
			a.Error = err.Error()
		} else {
			w, a = reply(w, r)
		}
		if err := out.Encode(a); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func reply(w *workload, r request) (*workload, answer) {
	switch r.Op {
	case "load":
		loaded, took, err := load(r)
		return loaded, answerOf(float64(took.Nanoseconds())/1e3, nil, err)
	case "values":
		var values []json.RawMessage
		for i := range w.texts {
			text, err := w.text(i)
			if err != nil {
				return w, answerOf(0, nil, err)
			}
			values = append(values, text)
		}
		return w, answerOf(0, values, nil)
	case "heap":
		runtime.GC()
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return w, answer{Bytes: stats.HeapAlloc}
	case "time":
		run := w.parsed
		if r.Basis == "whole" {
			run = w.whole
		}
		us, err := w.average(run, r.Ms)
		return w, answerOf(us, nil, err)
	}
	return w, answer{Error: "unknown op " + r.Op}
}

func answerOf(us float64, values []json.RawMessage, err error) answer {
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Us: us, Values: values}
}
