import { alternatives, type Grid } from "./grid.ts";

export const testGrid: Grid = {
  command: "test",
  bases: alternatives(`
      p.rego p_test.rego -p 1 | good_test.rego -p 1 | types.rego | bundle -b | nosuch | dir empty.rego
      | bad.yaml | v0.rego`),
  flags: alternatives(`
      | -v | -r test_allow | -r data.example_test.test_many | -r '[' | -c | -c --threshold 50
      | -c --threshold 100 | --threshold 90 | --explain full | --explain notes -v | --explain debug
      | --var-values | -z | --fail-on-empty | --sort duration | --count 2 | -m 1 | --timeout 10s
      | --ignore '*_test.rego' | --v0-compatible | -s schemas | --capabilities v0.50.0 | -t wasm
      | -v -r nosuch | --nosuch | -v -c`),
  formats: alternatives(` | -f json | -f nosuch`),
};

export const checkGrid: Grid = {
  command: "check",
  bases: alternatives(`
      p.rego | types.rego | syntax.rego | strict.rego | unsafe.rego | v0.rego | v0both.rego
      | annotated.rego | bundle | dir | .  | bad.json | bad.yaml | nosuch.json | scalar.json | blank.rego
      | syntax.rego | dir | secret.pem`),
  flags: alternatives(`
      | -S | -b | -m 1 | -m 0 | -m -1 | -s schema.json | -s schemas | -s nosuch | --capabilities v0.50.0
      | --capabilities caps.json | --capabilities capsold.json | --v0-compatible | --v0-v1
      | --v0-compatible -S | --v0-v1 -S | --ignore '*.rego' | nosuch.rego | --nosuch`),
  formats: alternatives(` | -f json | -f nosuch`),
};

export const fmtGrid: Grid = {
  command: "fmt",
  bases: alternatives(`
      unformatted.rego | p.rego | v0.rego | v0both.rego | syntax.rego | annotated.rego | dir | strict.rego
      | bundle | nosuch.rego | blank.rego | < unformatted.rego | < syntax.rego | < blank.rego | data.json`),
  flags: alternatives(`
      | -d | -l | -w | --fail | -l --fail | -d --fail | -w --fail | --v0-compatible | --v0-v1
      | --drop-v0-imports | --check-result=false | --capabilities v0.50.0 | --v0-compatible -d
      | --v0-v1 -l | -l -w | -d -l | --nosuch | unformatted.rego p.rego`),
  formats: alternatives(``),
};

export const parseGrid: Grid = {
  command: "parse",
  bases: alternatives(`
      p.rego | set.rego | annotated.rego | v0.rego | syntax.rego | nosuch.rego | blank.rego | empty.rego
      | dir | data.json |`),
  flags: alternatives(`
      | --v0-compatible | --json-include locations | --json-include comments | --json-include -comments
      | --json-include locations,-comments | --json-include nosuch | p.rego | --nosuch`),
  formats: alternatives(` | -f json | -f nosuch`),
};

export const depsGrid: Grid = {
  command: "deps",
  bases: alternatives(`
      data.example.allow -d p.rego | data.example -d p.rego | data.b.allow -b bundle
      | 'data.example.f(1)' -d p.rego | 'x ==' -d p.rego | input.x | data.nosuch -d p.rego
      | data.types.p -d types.rego |  | x`),
  flags: alternatives(`
      | --ignore p.rego | -d nosuch.rego | -d data.json | -d dir | -b bundle2 | -d bad.yaml | extra
      | --nosuch`),
  formats: alternatives(` | -f json | -f nosuch`),
};
