import { equal } from "node:assert/strict";
import { test } from "node:test";
import { type JsonObject, parseYaml } from "@sallyport/rego";
import { coreFault, sectionFault } from "./config-shape.ts";

// As `opa run -s` 1.19.1 tells them, behind `json: cannot unmarshal `.
const faults: readonly (readonly [config: string, core: string, section: string])[] = [
  ["{}", "", ""],
  ["{labels: null, services: null, bundles: null, status: null, server: {}, plugins: {}}", "", ""],
  ["labels: 1", "number into Go value of type map[string]string", ""],
  ["labels: {a: 1}", "number into Go value of type string", ""],
  ["plugins: []", "array into Go value of type map[string]json.RawMessage", ""],
  ["nd_builtin_cache: 1", "number into Go value of type bool", ""],
  ["persistence_directory: true", "bool into Go value of type string", ""],
  ["server: x", "string into Go value of type config.ServerConfig", ""],
  ["storage: 1", "number into Go value of type config.StorageConfig", ""],
  ["services: 1", "", "number into Go value of type []json.RawMessage"],
  ["services: [{url: x}, 1]", "", "number into Go value of type rest.Config"],
  ["services: {a: 1}", "", "number into Go value of type rest.Config"],
  ["services: {a: {url: 1}}", "", "number into Go struct field Config.url of type string"],
  ["decision_logs: 1", "", "number into Go value of type logs.Config"],
  ["decision_logs: {console: 1}", "", "number into Go struct field Config.console of type bool"],
  ["status: 1", "", "number into Go value of type status.Config"],
  ["caching: 1", "", "number into Go value of type cache.Config"],
  ["discovery: {name: 1}", "", "number into Go struct field Config.name of type string"],
  ["bundles: 1", "", "number into Go value of type map[string]*bundle.Source"],
  ["bundles: {x: 1}", "", "number into Go value of type bundle.Source"],
  ["bundles: {x: {resource: 1}}", "", "number into Go struct field Source.resource of type string"],
  [
    "bundles: {x: {polling: 1}}",
    "",
    "number into Go struct field Source.Config.polling of type download.PollingConfig",
  ],
  ["bundles: {x: {signing: 1}}", "", "number into Go struct field Source.signing of type bundle.VerificationConfig"],
];

for (const [text, core, section] of faults)
  test(`configuration ${text}`, () => {
    const config = parseYaml(text) as JsonObject;
    const told = (fault: string | undefined) => (fault ?? "").replace("json: cannot unmarshal ", "");
    equal(told(coreFault(config)), core);
    equal(told(sectionFault(config)), section);
  });
