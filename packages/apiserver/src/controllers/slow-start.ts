/** Calls so often, in batches of 1, 2, 4, …: a call that fails ends it after its batch, so that not all of many must fail. Throws its fault. */
export async function slowStart(count: number, call: (index: number) => Promise<void>): Promise<void> {
  for (let done = 0, size = 1; done < count; size *= 2) {
    const batch = Array.from({ length: Math.min(size, count - done) }, (_, i) => call(done + i));
    const results = await Promise.allSettled(batch);
    const failed = results.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    done += batch.length;
  }
}
