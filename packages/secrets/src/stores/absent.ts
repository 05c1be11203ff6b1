import { RemoteError } from "../remote/remote.ts";

/** What was asked for, or nothing where the service says that there is no such thing. */
export async function unlessAbsent<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  return asked.catch((error: unknown) => {
    if (error instanceof RemoteError && error.isAbsent) return undefined;
    throw error;
  });
}
