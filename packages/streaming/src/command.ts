import { StatusError } from "@sallyport/kube";
import type { CommandStreams } from "./command-streams.ts";
import type { ContainerIo } from "./pod-runtime.ts";

/** Runs what `run` begins over a client's streams, and tells the client how it ended. */
export async function runCommand(
  streams: CommandStreams,
  tty: boolean,
  run: (io: ContainerIo) => Promise<number | undefined>,
): Promise<void> {
  const { stdin, stdout, stderr, resizes, signal } = streams;
  const io: ContainerIo = {
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    tty,
    onResize: resizes.listen,
    signal,
  };
  let status: object;
  try {
    status = outcome((await run(io)) ?? 0);
  } catch (error) {
    status = failure(error);
  }
  await streams.end(status);
}

/** metav1.Status of a command that ended: kubectl exits with the code in its details. */
function outcome(code: number): object {
  if (code === 0) return { metadata: {}, status: "Success" };
  const causes = [{ reason: "ExitCode", message: String(code) }];
  const message = `command terminated with non-zero exit code: exit status ${code}`;
  return { metadata: {}, status: "Failure", message, reason: "NonZeroExitCode", details: { causes } };
}

function failure(error: unknown): object {
  const why = error instanceof StatusError ? error.status.message : (error as Error).message;
  return {
    metadata: {},
    status: "Failure",
    message: `Internal error occurred: error executing command in container: ${why}`,
    reason: "InternalError",
    details: { causes: [{ message: `error executing command in container: ${why}` }] },
    code: 500,
  };
}
