// Times expressions with cel-go: each line of standard input is {"expression", "document"}, each answer {"us", "value"}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
)

type request struct {
	Expression string `json:"expression"`
	Document   any    `json:"document"`
}

type answer struct {
	Us    float64 `json:"us"`
	Value string  `json:"value"`
	Error string  `json:"error,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<16), 1<<26)
	for lines.Scan() {
		var wanted request
		result := answer{}
		if err := json.Unmarshal(lines.Bytes(), &wanted); err != nil {
			result.Error = err.Error()
		} else {
			result = measure(wanted)
		}
		text, _ := json.Marshal(result)
		fmt.Println(string(text))
	}
}

func measure(wanted request) answer {
	env, err := cel.NewEnv(cel.Variable("object", cel.DynType), cel.OptionalTypes(), ext.Strings(ext.StringsVersion(2)), ext.Sets())
	if err != nil {
		return answer{Error: err.Error()}
	}
	ast, issues := env.Compile(wanted.Expression)
	if issues.Err() != nil {
		return answer{Error: issues.Err().Error()}
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize, cel.OptTrackCost), cel.CostLimit(1_000_000), cel.InterruptCheckFrequency(100))
	if err != nil {
		return answer{Error: err.Error()}
	}
	input := map[string]any{"object": wanted.Document}
	value, _, err := program.Eval(input)
	if err != nil {
		return answer{Error: err.Error()}
	}
	best := 0.0
	for round := 0; round < 7; round++ {
		count := 0
		start := time.Now()
		for time.Since(start) < 60*time.Millisecond {
			for i := 0; i < 64; i++ {
				program.Eval(input)
			}
			count += 64
		}
		us := float64(time.Since(start).Microseconds()) / float64(count)
		if best == 0 || us < best {
			best = us
		}
	}
	return answer{Us: best, Value: fmt.Sprint(value.Value())}
}
