import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkQueue } from "./work-queue.ts";
import { FakeClock } from "./world.fixture.ts";

test("a key is worked on once however often it is added, and again when it is added meanwhile", async () => {
  const done: string[] = [];
  const queue: WorkQueue = new WorkQueue(async (key) => {
    if (done.length === 0) queue.add(key);
    done.push(key);
  }, new FakeClock());
  for (const key of ["a", "b", "a"]) queue.add(key);
  await queue.idle();
  assert.deepEqual(done, ["a", "b", "a"]);
});

test("work that fails is tried again with doubled pauses, and a success forgets them", async () => {
  const clock = new FakeClock();
  const at: number[] = [];
  const start = clock.now();
  const queue = new WorkQueue(async () => {
    at.push(clock.now() - start);
    if (at.length !== 4) throw new Error("not yet");
  }, clock);
  queue.add("a");
  await queue.idle();
  for (let i = 0; i < 100; i++) {
    if (at.length === 4 && clock.now() - start === 50) queue.add("a");
    clock.turn(1);
    await queue.idle();
  }
  assert.deepEqual(at, [0, 5, 15, 35, 51, 56, 66, 86]);
});

test("what is to be done later is done at the earliest time asked for, and not after the end", async () => {
  const clock = new FakeClock();
  const done: string[] = [];
  const queue = new WorkQueue(async (key) => void done.push(key), clock);
  queue.addAfter("a", 100);
  queue.addAfter("a", 50);
  queue.addAfter("b", 200);
  clock.turn(60);
  await queue.idle();
  assert.deepEqual(done, ["a"]);
  await queue.stop();
  clock.turn(1000);
  await queue.idle();
  assert.deepEqual(done, ["a"]);
});
