import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inFolder, runLine } from "../../opa/opa.fixture.ts";

const files = {
  "b/.manifest": `{"roots":["a"],"revision":"r1","metadata":{"x":1}}`,
  "b/x.rego": "package a.x\nimport rego.v1\np := 1\n",
  "claims.json": `{"scope":"w","keyid":"k1"}`,
};

const refused: readonly (readonly [string, string])[] = [
  ["-b", "Error: specify atleast one path containing policy and/or data files"],
  ["-b b", "Error: specify the secret (HMAC) or path of the PEM file containing the private key (RSA and ECDSA)"],
  ["--signing-key k b", "Error: enable bundle mode (ie. --bundle) to sign bundle files or directories"],
  ["--signing-key k -b b", "error: failed to parse PEM block containing the key"],
  ["--signing-key k --signing-alg XX -b b", "error: unknown signature algorithm: XX"],
  ["--signing-key k -b none", `error: error reading "none": stat none: no such file or directory`],
  ["--signing-key k -b b --claims-file none", "error: open none: no such file or directory"],
  ["--signing-key k --signing-alg HS256 -b b -o none", "error: open none/.signatures.json: no such file or directory"],
];

test("what cannot be signed is refused in OPA's words", () =>
  inFolder(files, async () => {
    for (const [line, message] of refused) {
      const { status, err, out } = await runLine(`sign ${line}`);
      // Usage goes to the error stream, what went wrong to the output, as OPA has it.
      const isUsage = message.startsWith("Error: ");
      const [said, silent] = isUsage ? [err, out] : [out, err];
      assert.deepEqual([status, silent, said.split("\n")[0]], [1, "", message], line);
    }
  }));

test("the signature names the files by the path that was given", () =>
  inFolder(files, async () => {
    assert.deepEqual(await runLine("sign --signing-alg HS256 --signing-key k --claims-file claims.json -b b"), {
      status: 0,
      out: "",
      err: "",
    });
    const { signatures } = JSON.parse(readFileSync(".signatures.json", "utf8"));
    const payload = Buffer.from(signatures[0].split(".")[1], "base64url").toString();
    assert.equal(
      payload,
      `{"files":[{"name":"b/.manifest","hash":"b71bc17c57ac2d43427d0371cdc6ab001352709bb636ff072b05901346570d2c","algorithm":"SHA-256"},` +
        `{"name":"b/x.rego","hash":"a7df852d9bb1d4a309d64f5efc7ee383130000df11eb72dc6767c4e3420b4f00","algorithm":"SHA-256"}],"keyid":"k1","scope":"w"}`,
    );
  }));
