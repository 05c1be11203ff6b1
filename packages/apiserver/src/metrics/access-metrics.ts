import { Counter, Histogram, type Rendered } from "@sallyport/kube";
import type { TokenUse } from "../authentication/service-accounts.ts";
import type { WebhookObserver } from "../authorization/webhook.ts";

/** client-go's 15 buckets from a millisecond on, each twice as wide. */
const seconds = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

/** Names of users that are known to be few; all others are told of together. */
const shownUsers: ReadonlySet<string> = new Set([
  "admin",
  "client",
  "kube_proxy",
  "kubelet",
  "system:serviceaccount:kube-system:default",
]);

/** Tokens of service accounts by how they are used. */
const tokenCounters: { readonly [use in TokenUse]: readonly [name: string, help: string] } = {
  valid: ["valid_tokens_total", "[BETA] Cumulative valid projected service account tokens used"],
  stale: ["stale_tokens_total", "[BETA] Cumulative stale projected service account tokens used"],
  "legacy manual": ["legacy_manual_token_uses_total", "[ALPHA] Cumulative manually created legacy tokens used"],
  "legacy auto": ["legacy_auto_token_uses_total", "[ALPHA] Cumulative auto-generated legacy tokens used"],
  "invalid legacy auto": [
    "invalid_legacy_auto_token_uses_total",
    "[ALPHA] Cumulative invalid auto-generated legacy tokens used",
  ],
};

/** Who asks, and whether they may, by kube-apiserver's names. */
export class AccessMetrics {
  readonly #users = new Counter(
    "authenticated_user_requests",
    "[ALPHA] Counter of authenticated requests broken out by username.",
    ["username"],
  );
  readonly #attempts = new Counter("authentication_attempts", "[ALPHA] Counter of authenticated attempts.", ["result"]);
  readonly #known = new Histogram(
    "authentication_duration_seconds",
    "[ALPHA] Authentication duration in seconds broken out by result.",
    ["result"],
    seconds,
  );
  readonly #decisions = new Counter(
    "authorization_attempts_total",
    "[ALPHA] Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.",
    ["result"],
  );
  readonly #decided = new Histogram(
    "authorization_duration_seconds",
    "[ALPHA] Authorization duration in seconds broken out by result.",
    ["result"],
    seconds,
  );
  readonly #opinions = new Counter(
    "apiserver_authorization_decisions_total",
    "[ALPHA] Total number of terminal decisions made by an authorizer split by authorizer type, name, and decision.",
    ["decision", "name", "type"],
  );
  readonly #asked = new Counter(
    "apiserver_authorization_webhook_evaluations_total",
    "[ALPHA] Round-trips to authorization webhooks.",
    ["name", "result"],
  );
  readonly #answered = new Histogram(
    "apiserver_authorization_webhook_duration_seconds",
    "[ALPHA] Request latency in seconds.",
    ["name", "result"],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  readonly #failedOpen = new Counter(
    "apiserver_authorization_webhook_evaluations_fail_open_total",
    "[ALPHA] NoOpinion results due to webhook timeout or error.",
    ["name", "result"],
  );
  readonly #conditions = new Histogram(
    "apiserver_authorization_match_condition_evaluation_seconds",
    "[ALPHA] Authorization match condition evaluation time in seconds, split by authorizer type and name.",
    ["name", "type"],
    [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25],
  );
  readonly #excluded = new Counter(
    "apiserver_authorization_match_condition_exclusions_total",
    "[ALPHA] Total number of exclusions when an authorization webhook is skipped because match conditions exclude it.",
    ["name", "type"],
  );
  readonly #conditionErrors = new Counter(
    "apiserver_authorization_match_condition_evaluation_errors_total",
    "[ALPHA] Total number of errors when an authorization webhook encounters a match condition error split by authorizer type and name.",
    ["name", "type"],
  );
  readonly #certificates = new Histogram(
    "apiserver_client_certificate_expiration_seconds",
    "[ALPHA] Distribution of the remaining lifetime on the certificate used to authenticate a request.",
    [],
    [0, 0.5, 1, 2, 6, 12, 24, 48, 96, 168, 720, 2160, 4320, 8640].map((hours) => hours * 3600),
  );
  readonly #impersonations = new Counter(
    "apiserver_impersonation_attempts_total",
    "[ALPHA] Total number of impersonation attempts split by mode and decision.",
    ["decision", "mode"],
  );
  readonly #impersonated = new Histogram(
    "apiserver_impersonation_attempts_duration_seconds",
    "[ALPHA] Latency of impersonation attempts in seconds split by mode and decision.",
    ["decision", "mode"],
    seconds,
  );
  readonly #impersonationChecks = new Counter(
    "apiserver_impersonation_authorization_attempts_total",
    "[ALPHA] Total number of authorization checks made by the impersonation handler split by mode and decision.",
    ["decision", "mode"],
  );
  readonly #impersonationChecked = new Histogram(
    "apiserver_impersonation_authorization_attempts_duration_seconds",
    "[ALPHA] Latency of authorization checks made by the impersonation handler in seconds split by mode and decision.",
    ["decision", "mode"],
    seconds,
  );

  readonly #legacyTokens = new Counter(
    "serviceaccount_legacy_tokens_total",
    "[BETA] Cumulative legacy service account tokens used",
  );
  readonly #tokens = new Map(
    Object.entries(tokenCounters).map(([use, [name, help]]) => [use, new Counter(`serviceaccount_${name}`, help)]),
  );

  constructor() {
    for (const counter of [this.#legacyTokens, ...this.#tokens.values()]) counter.add([], 0);
  }

  /** A token of a service account was used. */
  tokenUsed(use: TokenUse): void {
    this.#tokens.get(use)?.add();
    if (use.startsWith("legacy")) this.#legacyTokens.add();
  }

  /** Somebody was known, or not: `username` is undefined where credentials were refused. */
  authenticated(username: string | undefined, took: number): void {
    const result = username === undefined ? "error" : "success";
    if (username !== undefined) this.#users.add([shownUser(username)]);
    this.#attempts.add([result]);
    this.#known.observe([result], took);
  }

  authorized(result: "allowed" | "denied" | "no-opinion" | "error", took: number): void {
    this.#decisions.add([result]);
    this.#decided.observe([result], took);
  }

  /** An authorizer of a mode had an opinion, which counts for all. */
  decided(mode: string, name: string, decision: "allowed" | "denied"): void {
    this.#opinions.add([decision, name, mode]);
  }

  /** Services that are asked whether somebody may. */
  readonly webhooks: WebhookObserver = {
    asked: (name, result, took, failsOpen) => {
      const labels = [name, result];
      this.#asked.add(labels);
      this.#answered.observe(labels, took);
      if (failsOpen) this.#failedOpen.add(labels);
    },
    conditionsMatched: (name, outcome, took) => {
      const labels = [name, "Webhook"];
      this.#conditions.observe(labels, took);
      if (outcome === "excluded") this.#excluded.add(labels);
      else if (outcome === "failed") this.#conditionErrors.add(labels);
    },
  };

  /** A request came with a client certificate that is good for so long. */
  certified(seconds: number): void {
    this.#certificates.observe([], seconds);
  }

  /** Somebody was taken for somebody else, by a mode, or refused, by none. */
  impersonated(mode: string, decision: "allowed" | "denied", took: number): void {
    this.#impersonations.add([decision, mode]);
    this.#impersonated.observe([decision, mode], took);
  }

  impersonationAuthorized(mode: string, decision: "allowed" | "denied", took: number): void {
    this.#impersonationChecks.add([decision, mode]);
    this.#impersonationChecked.observe([decision, mode], took);
  }

  get all(): readonly Rendered[] {
    return [
      this.#users,
      this.#attempts,
      this.#known,
      this.#decisions,
      this.#decided,
      this.#opinions,
      this.#asked,
      this.#answered,
      this.#failedOpen,
      this.#conditions,
      this.#excluded,
      this.#conditionErrors,
      this.#certificates,
      this.#impersonations,
      this.#impersonated,
      this.#impersonationChecks,
      this.#impersonationChecked,
      this.#legacyTokens,
      ...this.#tokens.values(),
    ];
  }
}

function shownUser(username: string): string {
  if (shownUsers.has(username)) return username;
  return username.includes("@") ? "email_id" : "other";
}
