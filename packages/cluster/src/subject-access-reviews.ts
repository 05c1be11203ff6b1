import type { Client } from "./client.ts";

/** What is asked: authorization.k8s.io/v1 SubjectAccessReviewSpec. */
export interface AccessReviewSpec {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: { readonly [key: string]: readonly string[] };
  readonly resourceAttributes?: { readonly [field: string]: string };
  readonly nonResourceAttributes?: { readonly path: string; readonly verb: string };
}

export interface AccessReviewAnswer {
  readonly allowed: boolean;
  readonly reason: string;
}

/** An answer is believed so long: rights that were taken away still hold meanwhile. */
const keptMs = 5000;
/** Answers that are kept; the oldest goes first. */
const maxKept = 10_000;

/** Asks the API server what somebody may do, and remembers the answer for a moment. Rejects when it cannot be asked: nobody may then. */
export class SubjectAccessReviews {
  readonly #client: Client;
  readonly #now: () => number;
  readonly #kept = new Map<string, { readonly until: number; readonly answer: Promise<AccessReviewAnswer> }>();

  constructor(client: Client, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  ask(spec: AccessReviewSpec): Promise<AccessReviewAnswer> {
    const key = JSON.stringify(spec);
    const known = this.#kept.get(key);
    if (known !== undefined && known.until > this.#now()) return known.answer;
    const answer = this.#ask(spec);
    this.#kept.delete(key);
    this.#kept.set(key, { until: this.#now() + keptMs, answer });
    answer.catch(() => this.#kept.delete(key));
    if (this.#kept.size > maxKept) this.#kept.delete(this.#kept.keys().next().value as string);
    return answer;
  }

  async #ask(spec: AccessReviewSpec): Promise<AccessReviewAnswer> {
    const body = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
    const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    const { status } = (await this.#client.ask(path, { method: "POST", body })) as {
      readonly status?: { readonly allowed?: boolean; readonly reason?: string };
    };
    return { allowed: status?.allowed === true, reason: status?.reason ?? "" };
  }
}
