import { StatusError } from "@sallyport/kube";

/** What was asked of an API server; undefined where it knows no such object, or serves no such kind. Rejects with all other refusals. */
export async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StatusError && error.status.code === 404) return undefined;
    throw error;
  }
}
