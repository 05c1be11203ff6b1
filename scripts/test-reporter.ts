import type { TestEvent } from "node:test/reporters";

/** Prints failures in full, skips with their reason, and closes with one line of counts. */
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  const skips: string[] = [];
  for await (const event of source) {
    if (event.type === "test:pass") {
      if (event.data.details.type === "suite") continue;
      if (event.data.skip !== undefined) skips.push(`${event.data.name}: ${event.data.skip || "no reason given"}`);
      else passed++;
    } else if (event.type === "test:fail") {
      if (event.data.details.type !== "suite") failed++;
      yield failure(event.data);
    } else if (event.type === "test:stderr" || event.type === "test:stdout") {
      yield event.data.message;
    }
  }
  for (const skip of skips) yield `skipped: ${skip}\n`;
  yield `${passed} passed, ${failed} failed, ${skips.length} skipped\n`;
}

function failure(data: {
  name: string;
  file?: string | undefined;
  line?: number | undefined;
  details: { error: Error };
}): string {
  const cause = (data.details.error.cause ?? data.details.error) as Error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return `\nFAILED ${data.name} (${data.file ?? ""}:${data.line ?? ""})\n${text}\n\n`;
}
