import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { exitCodes } from "../../errors.ts";
import { millisecondsOf } from "../../go-duration.ts";

interface WaitFlags {
  readonly url: string;
  readonly timeout: string;
}

/** Between two questions: Istio's `pilot-agent wait` asks as often. */
const periodMs = 500;

export function waitCommand(): Command {
  return new Command("wait")
    .description("end when the pod's sidecar takes connections")
    .option("--url <url>", "that answers 200 then", "http://localhost:15021/healthz/ready")
    .option("--timeout <duration>", "how long it may take", "60s")
    .addHelpText(
      "after",
      `
A sidecar that is no native one has it as its postStart hook where the pod says proxy.istio.io/config: "holdApplicationUntilProxyStarts: true".
Exit status: 0 it takes connections, 1 it did not in time, 2 bad usage.`,
    )
    .action(async ({ url, timeout }: WaitFlags) => {
      const reason = await untilReady(url, millisecondsOf("--timeout", timeout));
      if (reason === undefined) return;
      process.stderr.write(`sallyport: ${url}: not ready within ${timeout}: ${reason}\n`);
      process.exitCode = exitCodes.denied;
    });
}

/** Undefined once it is; what was told last where the time is over. */
async function untilReady(url: string, timeoutMs: number): Promise<string | undefined> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const reason = await notReady(url);
    if (reason === undefined || performance.now() + periodMs > end) return reason;
    await delay(periodMs);
  }
}

async function notReady(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(periodMs) });
    const text = (await response.text()).trim();
    return response.status === 200 ? undefined : text;
  } catch (error) {
    return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? (error as Error).message;
  }
}
