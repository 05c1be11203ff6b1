import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { type Bed, withServer } from "../server.fixture.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const objectBytes = 700_000;

/** Opens a watch that reads nothing. Rows of tables are made for each watcher alone: of plain objects all could share one text. */
function openWatch({ open }: Bed): Promise<IncomingMessage> {
  return open(
    `${maps}?watch=true&resourceVersion=0&includeObject=Object&fieldSelector=metadata.name!=kube-root-ca.crt`,
    "application/json;as=Table;v=v1;g=meta.k8s.io",
  );
}

interface Row {
  readonly object: { readonly rows: readonly [{ readonly object: { readonly metadata: { readonly name: string } } }] };
}

async function watchCount({ call }: Bed): Promise<number> {
  const { body } = await call("/metrics");
  const lines = String(body).split("\n");
  const line = lines.find(
    (each) => each.startsWith("apiserver_longrunning_requests{") && /"configmaps".*"WATCH"/.test(each),
  );
  return Number(line?.split(" ").at(-1));
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isDone()); tries++) {
    assert.ok(tries < 400, "it never came");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("watchers that vanish are forgotten, those that read nothing cost no memory of their own and go on where they were", () =>
  withServer(async (bed) => {
    const [vanishing, idle] = [12, 24];
    const lost = await Promise.all(Array.from({ length: vanishing }, () => openWatch(bed)));
    const slow = await Promise.all(Array.from({ length: idle }, () => openWatch(bed)));
    await until(async () => (await watchCount(bed)) === vanishing + idle);
    const before = process.memoryUsage();
    for (const each of lost) each.destroy();
    const names = Array.from({ length: 40 }, (_, i) => `m${i}`);
    for (const name of names) {
      const { code } = await bed.call(maps, { body: { metadata: { name }, data: { a: "x".repeat(objectBytes) } } });
      assert.equal(code, 201);
    }
    await until(async () => (await watchCount(bed)) === idle);
    const after = process.memoryUsage();
    // Both sides of each connection are in this process, and each may keep some; the events themselves are 670 MB.
    const grown = after.heapUsed + after.external - before.heapUsed - before.external;
    assert.ok(grown < 300e6, `${Math.round(grown / 1e6)} MB more`);
    assert.deepEqual(await namesFrom(slow[0] as IncomingMessage, names.length), names);
    for (const each of slow) each.destroy();
    await until(async () => (await watchCount(bed)) === 0);
  }));

/** The names of the first events of a watch, which is read now. */
async function namesFrom(incoming: IncomingMessage, count: number): Promise<readonly string[]> {
  const names: string[] = [];
  let rest = "";
  for await (const chunk of incoming.setEncoding("utf8")) {
    const lines = (rest + (chunk as string)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) names.push((JSON.parse(line) as Row).object.rows[0].object.metadata.name);
    if (names.length >= count) break;
  }
  return names;
}
