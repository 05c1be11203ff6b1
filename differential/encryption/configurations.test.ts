import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openEncryption } from "../../packages/cli/src/encryption-flags.ts";
import { UsageError } from "../../packages/cli/src/errors.ts";
import { findKubeApiserver } from "../apiserver/peers.ts";
import { type ConfigurationCase, configurationCases } from "./configurations.ts";

/** What kube-apiserver 1.37.2 said of each, by `messageOf`; nothing where it went on. */
const recorded: ReadonlyMap<string, string> = new Map(
  readFileSync(new URL("configuration-answers.jsonl", import.meta.url), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as [string, string]),
);

const files = findKubeApiserver();
const skip = "missing" in files ? files.missing : "url" in files ? "only where it can be started" : false;

function inFolder<Result>(run: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-configurations-"));
  try {
    return run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Opens what klog quoted, as Go quotes. */
function unquoted(text: string): string {
  const json = text.replace(/\\(x[0-9a-f]{2}|.)/gs, (all, code: string) =>
    code.length === 3 ? `\\u00${code.slice(1)}` : all,
  );
  return JSON.parse(`"${json}"`) as string;
}

/** The fault that ended it, without the file's name, and of what has several lines the first; nothing where the next flag's did. */
function messageOf(stderr: string, file: string, next: string): string {
  const [, quoted, lines] = /"command failed" err=(?:"((?:[^"\\]|\\.)*)"|<\n\t([^\n]*))/.exec(stderr) ?? [];
  const message = lines ?? (quoted === undefined ? undefined : unquoted(quoted));
  assert.ok(message !== undefined, stderr);
  return message.includes(next) ? "" : message.replaceAll(file, "FILE");
}

function askPeer(apiserver: string, folder: string, { text, reload }: ConfigurationCase): string {
  const [file, next] = [join(folder, "encryption.yaml"), join(folder, "absent.csv")];
  writeFileSync(file, text);
  const flags = {
    // Nobody answers there, and it does not come so far: the file of tokens is missed first.
    "etcd-servers": "http://127.0.0.1:1",
    "token-auth-file": next,
    "bind-address": "127.0.0.1",
    "cert-dir": join(folder, "certs"),
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": join(folder, "sa.key"),
    "service-account-signing-key-file": join(folder, "sa.key"),
    "service-cluster-ip-range": "10.0.0.0/24",
    "encryption-provider-config": file,
    "encryption-provider-config-automatic-reload": String(reload === true),
  };
  const list = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const { stderr } = spawnSync(apiserver, list, { encoding: "utf8", timeout: 30_000 });
  return messageOf(stderr, file, next);
}

async function ask(file: string, { text, reload }: ConfigurationCase): Promise<string> {
  writeFileSync(file, text);
  const flags = {
    encryptionProviderConfig: file,
    encryptionProviderConfigAutomaticReload: reload === true,
    featureGates: [],
  };
  try {
    (await openEncryption(flags, () => {}))?.encryption.close();
    return "";
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message.replace(`--encryption-provider-config ${file}: `, "");
  }
}

/** What both must say. It prints a provider with its keys where it has none or several, and we its kinds. */
function wordsOf(message: string): string {
  return message
    .replace(/^error while (parsing file|building transformers): /, "")
    .replace(/^error decoding encryption provider configuration file "FILE": strict decoding error: (?=unknown)/, "")
    .replace(/(providers\[\d+\]: Invalid value: )(\{.*?\}|\[.*?\])(?=: (more|provider))/g, "$1PROVIDER");
}

/** Of what is no such configuration, or of other types, it tells in words of Go's decoder. We tell what was expected and where. */
const isOfDecoder = (message: string) => /^(error decoding encryption|got unexpected config type)/.test(message);

test("configurations are taken or refused as by kube-apiserver, in its words, and no key is told", async () => {
  assert.deepEqual(
    [...recorded.keys()],
    configurationCases.map(({ name }) => name),
  );
  const folder = mkdtempSync(join(tmpdir(), "sallyport-configurations-"));
  const kinds = { taken: 0, worded: 0, decoder: 0 };
  try {
    // Together: a KMS that is not there is waited for.
    const answers = await Promise.all(configurationCases.map((each, i) => ask(join(folder, `${i}.yaml`), each)));
    for (const [i, each] of configurationCases.entries()) {
      const said = answers[i] as string;
      const theirs = wordsOf(recorded.get(each.name) as string);
      if (isOfDecoder(theirs)) assert.match(said, /expected |time: |given twice/, each.name);
      else assert.equal(wordsOf(said), theirs, each.name);
      assert.doesNotMatch(said, /BwcHBw|\n/, each.name);
      kinds[theirs === "" ? "taken" : isOfDecoder(theirs) ? "decoder" : "worded"]++;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  assert.deepEqual(kinds, { taken: 26, worded: 126, decoder: 28 });
});

test("what was recorded is what kube-apiserver says", { skip }, () => {
  if (!("apiserver" in files)) return;
  inFolder((folder) => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(join(folder, "sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }));
    for (const each of configurationCases)
      assert.equal(withoutKeys(askPeer(files.apiserver, folder, each)), recorded.get(each.name), each.name);
  });
});

/** What it prints of a provider would be keys in our files. */
function withoutKeys(message: string): string {
  return message.replace(/"Secret":"[^"]*"/g, '"Secret":"REDACTED"');
}
