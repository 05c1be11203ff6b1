import assert from "node:assert/strict";
import { test } from "node:test";
import { ExternalSecretError } from "./external-secret.ts";
import { renderTemplate } from "./template.ts";

const data = new Map(
  Object.entries({ user: "ann", password: 'p"w', "a-b": "dash", empty: "", json: '{"host":"h","more":{"n":7}}' }).map(
    ([key, value]) => [key, Buffer.from(value)] as const,
  ),
);

/** Template, and what Go's text/template makes of it, with sprig where a function is sprig's. */
const cases: readonly (readonly [string, string])[] = [
  ["plain", "plain"],
  ["postgres://{{ .user }}:{{ .password | urlquery }}@db", "postgres://ann:p%22w@db"],
  ['{{ index . "a-b" }}', "dash"],
  ["a\n  {{- .user -}}  \n b", "aannb"],
  ["{{/* told */}}x{{- /* more */ -}} y", "xy"],
  ['{{ "a\\tb" }}{{ `raw\\n` }}{{ 7 }}{{ true }}', "a\tbraw\\n7true"],
  ["{{ .user | upper | quote }}", '"ANN"'],
  ['{{ printf "%s=%v %q 100%%" .user 7 .password }}', 'ann=7 "p\\"w" 100%'],
  ["{{ if .empty }}a{{ else if .user }}b{{ else }}c{{ end }}", "b"],
  ["{{ if and .user .empty }}a{{ else }}c{{ end }}", "c"],
  ['{{ if or .empty (eq .user "bob" "ann") }}yes{{ end }}', "yes"],
  ["{{ or .empty .user }}{{ and .user .password }}", 'annp"w'],
  ['{{ if eq .user "bob" "ann" }}yes{{ end }}{{ if not (ne 1 1) }}!{{ end }}', "yes!"],
  ["{{ with .user }}{{ . }}{{ $.password | b64enc }}{{ end }}", "anncCJ3"],
  ["{{ with .empty }}a{{ else }}none{{ end }}", "none"],
  ["{{ range $k, $v := . }}{{ $k }};{{ end }}", "a-b;empty;json;password;user;"],
  ['{{ $x := .user }}{{ if true }}{{ $x | replace "n" "m" }}{{ end }}', "amm"],
  ["{{ (.json | fromJson).host }}", "h"],
  ["{{ with .json | fromJson }}{{ .more.n }}{{ .more | toJson }}{{ end }}", '7{"n":7}'],
  ['{{ .empty | default "other" }}', "other"],
  ['{{ "  a " | trim }}{{ "xaxx" | trimAll "x" }}{{ trimPrefix "a" "ab" }}{{ trimSuffix "b" "ab" }}', "aaba"],
  ['{{ "a\\nb" | indent 2 }}{{ "c" | nindent 1 }}', "  a\n  b\n c"],
  ['{{ ternary "y" "n" (hasPrefix "a" .user) }}{{ len .user }}', "y3"],
  ['{{ "YQ==" | b64dec }}{{ .user | sha256sum | len }}', "a64"],
];

for (const [template, wanted] of cases)
  test(`a template as Go renders it: ${JSON.stringify(template)}`, () => {
    assert.equal(renderTemplate(template, data), wanted);
  });

test("what a template must not say is refused, and no value is shown", () => {
  const refused = (template: string, fault: string) =>
    assert.throws(() => renderTemplate(template, data), new ExternalSecretError(`template: ${fault}`));
  refused("{{ .none }}", "no key none");
  refused("{{ .user.more }}", "no key more");
  refused("{{ .user | genPrivateKey }}", "function genPrivateKey is not known here");
  refused("{{ .user", "{{ without }}");
  refused("{{ if .user }}", "{{ if }} has no {{ end }}");
  refused("{{ end }}", "{{ end }} has no beginning");
  refused("{{ (.user }}", "( without )");
  refused("{{ .user .user }}", ".user .user: .user is one too many");
  refused("{{ .user | .user }}", "behind a | a function is expected");
  refused("{{ | upper }}", "an expression is expected");
  refused("{{ }}", "an expression is expected");
  refused("{{ $x }}", "no variable $x");
  refused("{{ . }}", "a map is printed by toJson alone");
  refused("{{ range .user }}{{ end }}", "range: expected a map, such as .");
  refused("{{ upper }}", "a function takes 1 values and has 0");
  refused("{{ .user | fromJson }}", "fromJson: the value is no JSON");
  refused('{{ "a" | indent 5000 }}', "indent: expected a number from 0 to 1000");
  refused('{{ printf "%x" .user }}', "printf: %x is not known here");
  refused('{{ required "name the user" .empty }}', "name the user");
  refused(`${"{{ if true }}".repeat(102)}${"{{ end }}".repeat(102)}`, "more than 100 blocks within each other");
  refused(`{{ ${"(".repeat(102)}1${")".repeat(102)} }}`, "more than 100 parentheses within each other");
});
