import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openGatehouse } from "../gatehouse.ts";
import { findKubectl } from "../kubectl.ts";
import { runIn } from "../opa/opa.fixture.ts";
import type { Command } from "./chapter.ts";
import { chapters } from "./chapters.ts";
import { askAsCurl } from "./curl.ts";
import { lacking } from "./lacking.ts";
import { type Answer, judge, playChapter, type Stage } from "./play.ts";

const kubectl = findKubectl(join(tmpdir(), "sallyport-test-tools"));
const files = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "tour");

/** In this process: a process for each command would take most of the time of all tests. */
async function opa(words: readonly string[], folder: string): Promise<Answer> {
  const { status, out, err } = await runIn(folder, words);
  return { code: status, output: out + err };
}

for (const chapter of chapters) {
  test(`tour: ${chapter.name}, twice, with a real kubectl and a restart between`, {
    skip: typeof kubectl === "string" ? kubectl : (lacking(chapter) ?? false),
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-tour-"));
    try {
      for (let round = 0; round < 2; round++) {
        const faults: unknown[] = [];
        const gatehouse = await openGatehouse({
          folder,
          host: "127.0.0.1",
          port: 0,
          memory: false,
          chain: {},
          onFault: (error) => faults.push(error),
        });
        try {
          const path = typeof kubectl === "string" ? "" : kubectl.path;
          const { surprises, commands } = await playChapter(chapter, {
            kubectl: path,
            kubeconfig: gatehouse.kubeconfigFile,
            folder: join(files, chapter.folder),
            opa,
            print: () => {},
          });
          assert.deepEqual(surprises, []);
          assert.ok(commands > 10);
        } finally {
          await gatehouse.close();
        }
        assert.deepEqual(faults, []);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test("tour: what curl is asked, where there is none", async () => {
  const answer = await askAsCurl(["-s", "data:text/plain,hello"], files);
  assert.deepEqual(answer, { code: 0, output: "hello" });
  assert.deepEqual(await askAsCurl(["-s", "http://127.0.0.1:1/"], files), { code: 7, output: "" });
});

const version = { opa: ["version"], expect: [/^Version: 1/m] };

/** A chapter of one command; its real commands run only where no other answers are given. */
function played(command: Command, stage: Partial<Stage> = {}) {
  const scenes = [{ title: "", before: "", commands: [command], after: "" }];
  const chapter = { name: "one", title: "", folder: "", cleanUp: [], scenes };
  return playChapter(chapter, { kubectl: "", kubeconfig: "", folder: files, print: () => {}, ...stage });
}

test("tour: sallyport opa is a process of its own", async () => {
  assert.deepEqual(await played(version), { commands: 1, surprises: [] });
});

test("tour: what comes later is asked for again, and nothing else is", async () => {
  let asked = 0;
  const opa = async () => ({ code: 0, output: ++asked < 3 ? "" : "Version: 1" });
  assert.deepEqual((await played(version, { opa })).surprises, [
    `sallyport opa version: the answer should match ${version.expect[0]}`,
  ]);
  assert.deepEqual((await played({ ...version, eventually: true }, { opa })).surprises, []);
  assert.equal(asked, 3);
});

test("tour: told to stop, it ends the command that runs and begins no other", async () => {
  const stop = new AbortController();
  const command: Command = { kubectl: ["600"] };
  const scenes = [{ title: "", before: "", commands: [command, command], after: "" }];
  const chapter = { name: "long", title: "", folder: "", cleanUp: [], scenes };
  const print = (text: string) => {
    if (text.includes("$ kubectl")) setImmediate(() => stop.abort());
  };
  const stage = { kubectl: "sleep", kubeconfig: "", folder: files, print, signal: stop.signal };
  assert.equal((await playChapter(chapter, stage)).commands, 1);
});

const verdicts: readonly [
  what: string,
  command: Parameters<typeof judge>[0],
  code: number | null,
  output: string,
  surprise: string | undefined,
][] = [
  ["done as wanted", { expect: [/ok/] }, 0, "ok", undefined],
  ["failed", {}, 1, "", "should have succeeded, but ended with status 1"],
  ["not refused", { outcome: "refused" }, 0, "", "should have been refused, but succeeded"],
  ["other words", { expect: [/ok/] }, 0, "no", "the answer should match /ok/"],
  ["unwanted words", { unexpected: [/bad/] }, 0, "bad", "the answer should not match /bad/"],
  ["hung", {}, null, "", "did not end within 60 s"],
];

for (const [what, command, code, output, surprise] of verdicts) {
  test(`tour: a command that is ${what}`, () => assert.equal(judge(command, code, output), surprise));
}
