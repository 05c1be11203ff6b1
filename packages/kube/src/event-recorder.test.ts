import assert from "node:assert/strict";
import { test } from "node:test";
import { type EventChange, EventRecorder } from "./event-recorder.ts";
import type { KubeObject } from "./object.ts";

const subject: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "n", uid: "u" } };

interface Recorded {
  readonly tell: (reason: string, message: string) => Promise<void>;
  readonly turn: (milliseconds: number) => void;
  /** `MESSAGE x COUNT` of each event. */
  readonly seen: () => readonly string[];
}

function createRecorder(): Recorded {
  const events: KubeObject[] = [];
  let now = 0;
  const create = async (event: KubeObject) => {
    events.push(event);
    return event;
  };
  const count = async (event: KubeObject, change: EventChange) => {
    const at = events.findIndex(({ metadata }) => metadata.name === event.metadata.name);
    const changed = { ...(events[at] as KubeObject), ...change };
    events[at] = changed;
    return changed;
  };
  const suffix = () => String(events.length);
  const recorder = new EventRecorder({ create, count, now: () => now, component: "test", suffix });
  return {
    tell: async (reason, message) => {
      recorder.record(subject, "Normal", reason, message);
      await recorder.drained();
    },
    turn: (milliseconds) => {
      now += milliseconds;
    },
    seen: () => events.map((event) => `${event["message"]} x ${event["count"]}`),
  };
}

test("the same event again is counted", async () => {
  const { tell, seen } = createRecorder();
  for (const message of ["a", "a", "b", "a"]) await tell("R", message);
  assert.deepEqual(seen(), ["a x 3", "b x 1"]);
});

test("of many different messages of one reason the tenth and those after it are one event", async () => {
  const { tell, seen } = createRecorder();
  for (let i = 1; i <= 12; i++) await tell("R", `m${i}`);
  await tell("Other", "o");
  assert.deepEqual(seen(), [
    ...Array.from({ length: 9 }, (_, i) => `m${i + 1} x 1`),
    "(combined from similar events): m12 x 3",
    "o x 1",
  ]);
});

test("after ten minutes without any they are told one by one again", async () => {
  const { tell, turn, seen } = createRecorder();
  for (let i = 1; i <= 10; i++) await tell("R", `m${i}`);
  turn(600_001);
  await tell("R", "late");
  assert.equal(seen().at(-1), "late x 1");
});

test("an object tells 25 events at once, and another one in five minutes", async () => {
  const { tell, turn, seen } = createRecorder();
  for (let i = 0; i < 40; i++) await tell("R", "again");
  assert.deepEqual(seen(), ["again x 25"]);
  turn(300_000);
  for (let i = 0; i < 3; i++) await tell("R", "again");
  assert.deepEqual(seen(), ["again x 26"]);
});
