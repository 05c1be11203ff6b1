import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DecisionCollector } from "./decision-collector.fixture.ts";
import { DecisionLife, ownServer } from "./decision-life.fixture.ts";

/** Each takes a whole start. A long run takes fifty. */
const rounds = Math.max(3, Math.floor(Number(process.env["SALLYPORT_CRASH_ROUNDS"] || 50) / 20));

/** Clients that ask at once. */
const clients = 16;

/** A server is killed so long after its first answer at most; uploads come each second. */
const maxLifeMs = 1500;

/** What was answered must have come by then, from a server that lives. */
const arrivalMs = 60_000;

/** Uploads are many and small, so that a kill meets each part of them. */
function configFor(url: string): string {
  const reporting = { buffer_type: "disk", min_delay_seconds: 1, max_delay_seconds: 1, upload_size_limit_bytes: 8000 };
  return JSON.stringify({
    services: { logs: { url } },
    persistence_directory: "kept",
    decision_logs: { service: "logs", reporting },
  });
}

/** Asks until the server dies; `onAnswer` is told of each decision that was answered. */
async function ask(life: DecisionLife, lane: number, onAnswer: (id: string) => void): Promise<void> {
  for (let i = 0; ; i++) {
    const answer = await life.decide({ lane, i, filler: "x".repeat((i % 7) * 100) });
    if (answer === undefined) return;
    onAnswer(answer.id as string);
  }
}

test("every decision that was answered comes to its service, however often the server is killed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "decision-crash-"));
  let uploads = 0;
  // Some uploads are refused: they are sent again.
  const collector = await DecisionCollector.start(() => (++uploads % 40 === 0 ? 500 : 200));
  writeFileSync(join(folder, "config.yaml"), configFor(collector.url));
  writeFileSync(join(folder, "p.rego"), "package p\n\nallow if input.lane >= 0\n");
  const answered = new Set<string>();
  try {
    for (let round = 0; round < rounds; round++) {
      const before = answered.size;
      const life = await DecisionLife.begin(ownServer, folder);
      const lanes = Array.from({ length: clients }, (_, lane) => ask(life, lane, (id) => answered.add(id)));
      for (const end = Date.now() + arrivalMs; answered.size === before; ) {
        assert.ok(Date.now() < end, "no decision was answered");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * maxLifeMs));
      await life.end("SIGKILL");
      await Promise.all(lanes);
    }
    const missing = () => [...answered].filter((id) => !collector.times.has(id));
    const left = missing().length;
    const last = await DecisionLife.begin(ownServer, folder);
    for (const end = Date.now() + arrivalMs; missing().length > 0 && Date.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, 100));
    await last.end("SIGTERM");
    assert.deepEqual(missing(), [], `of ${answered.size} answered, ${left} left at the last kill`);
  } finally {
    collector.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
