// Real OPA behind the differential's protocol: one JSON program a line on stdin, one JSON answer a line on stdout, in
// turn. differential/opa-module.ts says what each field means.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

// Nothing that the generator writes takes a second.
const limit = 5 * time.Second

// The server's, so that both ways to ask say the same.
const errorLimit = 10

type module struct {
	File string `json:"file"`
	Text string `json:"text"`
}

type program struct {
	// Each is compiled with those before it, as a server is given them.
	Modules []module `json:"modules"`
	Version string   `json:"regoVersion"`
	Strict  bool     `json:"strict"`
	Input   string   `json:"input"`
	Data    string   `json:"data"`
}

type answer struct {
	Refused []string        `json:"refused,omitempty"`
	IsCut   bool            `json:"isCut,omitempty"`
	Failed  string          `json:"failed,omitempty"`
	Told    string          `json:"told,omitempty"`
	Others  []string        `json:"others,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Broke   string          `json:"broke,omitempty"`
}

func main() {
	lines := make(chan []byte, 1<<10)
	go read(lines)
	out := bufio.NewWriter(os.Stdout)
	for line := range lines {
		var p program
		if err := json.Unmarshal(line, &p); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		text, err := json.Marshal(reply(p))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		out.Write(append(text, '\n'))
		if len(lines) == 0 {
			out.Flush()
		}
	}
}

// read takes all that is sent at once, so that who sends need not wait.
func read(lines chan<- []byte) {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			close(lines)
			return
		}
		lines <- line
	}
}

func reply(p program) (a answer) {
	defer func() {
		if fault := recover(); fault != nil {
			a = answer{Broke: fmt.Sprint(fault)}
		}
	}()
	compiler, err := compile(p)
	if err != nil {
		return refusal(err)
	}
	return evaluate(compiler, p)
}

func compile(p program) (*ast.Compiler, error) {
	version := ast.RegoV1
	if p.Version == "v0" {
		version = ast.RegoV0
	}
	modules := map[string]*ast.Module{}
	var compiler *ast.Compiler
	for _, m := range p.Modules {
		parsed, err := ast.ParseModuleWithOpts(m.File, m.Text, ast.ParserOptions{RegoVersion: version, ProcessAnnotation: true})
		if err != nil {
			return nil, err
		}
		modules[m.File] = parsed
		compiler = ast.NewCompiler().WithDefaultRegoVersion(version).WithStrict(p.Strict).SetErrorLimit(errorLimit)
		if compiler.Compile(modules); compiler.Failed() {
			return nil, compiler.Errors
		}
	}
	return compiler, nil
}

func refusal(err error) answer {
	var all ast.Errors
	if !errors.As(err, &all) {
		return answer{Refused: []string{err.Error()}}
	}
	a := answer{}
	for _, each := range all {
		if each.Message == "error limit reached" {
			a.IsCut = true
		} else {
			a.Refused = append(a.Refused, each.Code)
			a.Told = told(each.Location, each.Message)
		}
	}
	if len(a.Refused) != 1 {
		a.Told = ""
	}
	return a
}

// told is an error in one line. Columns are what another way of evaluation need not know.
func told(location *ast.Location, message string) string {
	if location == nil {
		return message
	}
	return fmt.Sprintf("%s:%d: %s", location.File, location.Row, message)
}

func evaluate(compiler *ast.Compiler, p program) answer {
	var data map[string]any
	if err := util.UnmarshalJSON([]byte(p.Data), &data); err != nil {
		return answer{Broke: err.Error()}
	}
	input, err := ast.ValueFromReader(strings.NewReader(p.Input))
	if err != nil {
		return answer{Broke: err.Error()}
	}
	store := inmem.NewFromObjectWithOpts(data, inmem.OptRoundTripOnWrite(false))
	a := ask("data.p", compiler, store, input)
	if a.Failed != "" {
		for _, query := range rulesOf(compiler) {
			if other := ask(query, compiler, store, input); other.Failed != "" {
				a.Others = append(a.Others, other.Failed+" "+other.Told)
			}
		}
	}
	return a
}

// rulesOf names all rules: a document with several that fail tells of the one that it comes to first.
func rulesOf(compiler *ast.Compiler) []string {
	found := map[string]bool{}
	for _, module := range compiler.Modules {
		for _, rule := range module.Rules {
			if len(rule.Head.Args) == 0 {
				found[rule.Ref().GroundPrefix().String()] = true
			}
		}
	}
	return util.KeysSorted(found)
}

func ask(query string, compiler *ast.Compiler, store storage.Store, input ast.Value) answer {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	results, err := rego.New(
		rego.Query(query),
		rego.Compiler(compiler),
		rego.Store(store),
		rego.ParsedInput(input),
	).Eval(ctx)
	if ctx.Err() != nil {
		return answer{Broke: "no answer"}
	}
	if err != nil {
		return failure(err)
	}
	if len(results) == 0 {
		return answer{}
	}
	text, err := json.Marshal(results[0].Expressions[0].Value)
	if err != nil {
		return answer{Broke: err.Error()}
	}
	return answer{Result: text}
}

func failure(err error) answer {
	var failed *topdown.Error
	if errors.As(err, &failed) {
		return answer{Failed: failed.Code, Told: told(failed.Location, failed.Message)}
	}
	return answer{Failed: err.Error()}
}
