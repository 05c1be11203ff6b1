import { equal } from "node:assert/strict";
import { test } from "node:test";
import { nodeArguments } from "../../scripts/node-arguments.ts";
import { findOpa } from "../opa-server.ts";
import { ciScripts, missingTool, recordedOutput, runScript } from "./run-script.ts";

const sallyport = [process.execPath, ...nodeArguments, "opa"];
const opa = findOpa();

for (const script of ciScripts()) {
  const missing = missingTool(script);
  const skip = missing !== undefined && `no ${missing}`;
  test(`script: ${script}`, { skip }, async () => equal(await runScript(script, sallyport), recordedOutput(script)));
  test(`script with OPA: ${script}`, { skip: "missing" in opa ? opa.missing : skip }, async () => {
    if (!("missing" in opa)) equal(await runScript(script, [opa.file]), recordedOutput(script));
  });
}
