import { Counter, Gauge, Histogram } from "@sallyport/kube";
import type { Authority, CertificateCall } from "@sallyport/mesh/identity";

/** Upper bounds in seconds: a signature takes a millisecond, the API server's word on a token a few more. */
const bounds: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 10];

/** What an authority has done, as Prometheus reads it. */
export class AuthorityMetrics {
  readonly #authority: Authority;
  readonly #now: () => number;
  readonly #calls = new Histogram(
    "sallyport_mesh_ca_call_duration_seconds",
    "Time of a call for a certificate, by gRPC's code.",
    ["code"],
    bounds,
  );
  readonly #ends = new Gauge(
    "sallyport_mesh_ca_signer_expiration_seconds",
    "Seconds until the signer, or an authority above it, ends.",
  );
  readonly #roots = new Gauge(
    "sallyport_mesh_ca_roots",
    "Roots that are trusted; more than one while the root changes.",
  );
  readonly #checks = new Counter("sallyport_mesh_ca_checks_total", "Looks at the store of the authority.", ["result"]);

  constructor(authority: Authority, now: () => number) {
    [this.#authority, this.#now] = [authority, now];
    for (const result of ["ok", "error"]) this.#checks.add([result], 0);
  }

  tell({ code, seconds }: CertificateCall): void {
    this.#calls.observe([code], seconds);
  }

  checked(isGood: boolean): void {
    this.#checks.add([isGood ? "ok" : "error"]);
  }

  render(): string {
    this.#ends.set([], Math.floor((this.#authority.notAfter - this.#now()) / 1000));
    this.#roots.set([], this.#authority.roots.length);
    return [this.#calls, this.#ends, this.#roots, this.#checks].map((metric) => metric.render()).join("");
  }
}
