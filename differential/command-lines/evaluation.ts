import { alternatives, type Grid } from "./grid.ts";

export const evalGrid: Grid = {
  command: "eval",
  bases: alternatives(`
      data.example -d p.rego -d data.json -i input.json | data.example.deny[x] -d p.rego -i input.yaml
      | 'x := 1; y = input.names[_]; z > x' -i input.json
      | 'data.s.o; data.s.u; not data.s.undef' -d set.rego | data.e.p -d err.rego -i input.json
      | data.types -d types.rego | 'x ==' -d p.rego | data.b.allow -b bundle -i input.json
      | data.nosuch -d dir | data.strict.p -d strict.rego
      | 'some i; data.example.numbers[i] > 1' -d p.rego`),
  flags: alternatives(`
      | --fail | --fail-defined | --strict | -S --fail | --coverage | --explain notes | --explain fails
      | --explain full | --explain debug | --explain nosuch | --var-values --explain full
      | --v0-compatible | --partial | -p --unknowns data.roles | -p -u input.user --shallow-inlining
      | -p --disable-inlining data.example.allow | -p --nondeterminstic-builtins | -p -u nosuch
      | -O 1 -e example/allow | -O 2 -e example/allow | -O 3 | -e example/allow | -e nosuch
      | --import data.example | --package example | --strict-builtin-errors | --show-builtin-errors
      | --schema schema.json | -s schemas | -s nosuch | -s badschema.json | --capabilities v0.50.0
      | --capabilities caps.json | --capabilities nosuch | --disable-early-exit | --disable-indexing
      | --pretty-limit 10 | --count 2 | --timeout 5s | --ignore p.rego | --stdin < query.txt
      | --stdin-input < input.yaml | -I < bad.json | --nosuch | extra | -d annotated.rego | -d bad.yaml
      | -d nosuch.rego | -d repl.x:data.json | -d x.y:data.yaml | -b bundle2 | -b bundleclash | -b p.rego`),
  formats: alternatives(` | -f values | -f bindings | -f pretty | -f source | -f raw | -f discard | -f nosuch`),
};

export const benchGrid: Grid = {
  command: "bench",
  bases: alternatives(`
      'x ==' | data.example.nosuch -d p.rego | 1 -d nosuch | 1 -d types.rego |  | 1 2 | 1 -d syntax.rego
      | 1 -b nosuch`),
  flags: alternatives(` | --fail=false -i nosuch.json | -i bad.json | --nosuch | --count x | --e2e -c nosuch.yaml`),
  formats: alternatives(` | -f json | -f nosuch`),
};

export const runGrid: Grid = {
  command: "run",
  bases: alternatives(`
      | p.rego data.json | -b bundle | repl.input:input.json | dir | types.rego | syntax.rego | nosuch
      | bad.json | -b badbundle | v0.rego | --v0-compatible v0.rego | bundle | x.y:data.json p.rego`),
  flags: alternatives(
    ` | -f json | -f nosuch | -m 1 | --ignore '*.rego' | --nosuch | -l nosuch | -c nosuch.yaml | --set a`,
  ),
  formats: alternatives(`< repl/o.txt`),
};
