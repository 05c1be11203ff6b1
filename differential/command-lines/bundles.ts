import { alternatives, type Grid } from "./grid.ts";

export const inspectGrid: Grid = {
  command: "inspect",
  bases: alternatives(`
      bundle | bundle2 | badbundle | brokenmanifest | p.rego | annotated.rego | dir | . | types.rego
      | v0.rego | nosuch | data.json |  | empty.rego`),
  flags: alternatives(` | -a | --v0-compatible | extra | --nosuch`),
  formats: alternatives(` | -f json | -f nosuch`),
};

export const buildGrid: Grid = {
  command: "build",
  bases: alternatives(`
      p.rego | bundle | -b bundle | -b bundle bundle2 | dir | types.rego | v0.rego | nosuch
      | p.rego set.rego data.json | -b badbundle | -b bundle bundleclash | pe.rego data.json |`),
  flags: alternatives(`
      | -e example/allow | -e b/allow | -e b/allow -O 1 | -e example/allow -O 1 | -e pe/allow -O 1
      | -e pe/allow -O 2 | -O 1 | -e nosuch -O 1 | -e b/allow --prune-unused
      | -e example/allow --prune-unused | -r rev1 | -t plan | -t plan -e b/allow
      | -t plan -e example/allow | -t plan -e pe/allow -e pe/d | -t plan -e pe/allow --format json -O 1
      | -t wasm -e b/allow | -t nosuch | --partial-namespace pp -O 1 -e pe/allow | --ignore '*.rego'
      | --capabilities v0.50.0 | --capabilities caps.json | --v0-compatible
      | --signing-key secret --signing-alg HS256 | --signing-key nosuch.pem | --signing-key secret.pem
      | --signing-alg nosuch --signing-key x | --verification-key secret --signing-alg HS256
      | --claims-file claims.json --signing-key secret --signing-alg HS256
      | --signing-plugin nosuch --signing-key x | --follow-symlinks | --nosuch | --exclude-files-verify x`),
  formats: alternatives(`-o o.tar.gz && inspect o.tar.gz -a && eval data -b o.tar.gz`),
};

export const execGrid: Grid = {
  command: "exec",
  bases: alternatives(`
      -b bundle --decision b/allow | -b bundle | -b nosuch --decision b/allow
      | --decision example/allow -b bundle2 | -b bundle -c config.yaml | -b badbundle`),
  flags: alternatives(`
      | --fail | --fail-defined | --fail-non-empty | --fail --fail-defined | -I < input.json
      | -I < bad.json | --set a=1 | --set a | --set-file a=nosuch | -c nosuch.yaml | -c bad.yaml
      | --log-level nosuch | --log-format text | --log-format nosuch | --timeout 1s | --timeout x
      | -f nosuch | --v0-compatible | --nosuch`),
  formats: alternatives(`
      inputs/one.json | inputs | inputs/one.json inputs2/one.json inputs/two.yaml |  | nosuch.json
      | inputs/broken.json`),
};

export const signGrid: Grid = {
  command: "sign",
  bases: alternatives(`-b bundle | bundle | p.rego data.json | nosuch | -b bundle bundle2 | `),
  flags: alternatives(`
      | --signing-key secret --signing-alg HS256
      | --signing-key secret --signing-alg HS384 --claims-file claims.json | --signing-key secret.pem
      | --signing-key nosuch | --signing-key x --signing-alg nosuch
      | --signing-key x --signing-alg HS256 --claims-file bad.json
      | --signing-key x --signing-alg HS256 --claims-file nosuch | --signing-key x --signing-plugin nosuch
      | --signing-key secret --signing-alg HS512 -o dir
      | --signing-key secret --signing-alg HS256 -o nosuch | --nosuch`),
  formats: alternatives(``),
};

export const capabilitiesGrid: Grid = {
  command: "capabilities",
  bases: alternatives(``),
  flags: alternatives(`
      | --current | --version v0.50.0 | --version nosuch | --version v1.19.1 | --file caps.json
      | --file bad.json | --file nosuch | --file dir | --v0-compatible | --current --v0-compatible | extra
      | --nosuch`),
  formats: alternatives(``),
};
