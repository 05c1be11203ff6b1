import { type Client, unlessGone } from "@sallyport/cluster";
import { type ReportApi, reportLabels, reportResource } from "@sallyport/constraints";
import { type KubeObject, StatusError } from "@sallyport/kube";

const versions: { readonly [api in ReportApi]: string } = {
  "wgpolicyk8s.io": "v1alpha2",
  "openreports.io": "v1alpha1",
};
const kinds: { readonly [api in ReportApi]: readonly string[] } = {
  "wgpolicyk8s.io": ["PolicyReport", "ClusterPolicyReport"],
  "openreports.io": ["Report", "ClusterReport"],
};

/** Writes an audit's reports into a cluster, and takes away those of earlier audits that are no longer true. */
export class ReportWriter {
  readonly #client: Client;
  readonly #api: ReportApi;
  readonly #written = new Set<string>();

  constructor(client: Client, api: ReportApi) {
    this.#client = client;
    this.#api = api;
  }

  /** Rejects with `StatusError`; where the API is not served with an error that says what would be right. */
  async write(report: KubeObject): Promise<void> {
    const path = pathOf(report);
    this.#written.add(path);
    await this.#served(
      this.#client.ask(`${path}?fieldManager=sallyport-audit&force=true`, {
        method: "PATCH",
        type: "application/apply-patch+yaml",
        body: report,
      }),
    );
  }

  /** When all of an audit are written. */
  async finish(): Promise<void> {
    const root = `/apis/${this.#api}/${versions[this.#api]}`;
    const labelSelector = Object.entries(reportLabels)
      .map(([label, value]) => `${label}=${value}`)
      .join();
    for (const kind of kinds[this.#api]) {
      let rest = "";
      do {
        const asked = { labelSelector, limit: "500", ...(rest === "" ? {} : { continue: rest }) };
        const page = await this.#served(this.#client.page(`${root}/${reportResource({ kind })}`, asked));
        for (const each of page.items)
          await this.#drop({ ...each, apiVersion: `${this.#api}/${versions[this.#api]}`, kind });
        rest = page.continue;
      } while (rest !== "");
    }
    this.#written.clear();
  }

  async #drop(report: KubeObject): Promise<void> {
    const path = pathOf(report);
    if (this.#written.has(path)) return;
    await unlessGone(this.#client.ask(path, { method: "DELETE" }));
  }

  async #served<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      const isUnknown =
        error instanceof StatusError && error.status.code === 404 && error.status.details?.name === undefined;
      if (!isUnknown) throw error;
      throw new StatusError(
        "NotFound",
        `reports: the API server does not serve ${this.#api}; install its CustomResourceDefinitions first`,
      );
    }
  }
}

function pathOf(report: KubeObject): string {
  const { name = "", namespace } = report.metadata;
  const place = namespace === undefined ? "" : `namespaces/${namespace}/`;
  return `/apis/${report.apiVersion}/${place}${reportResource(report)}/${name}`;
}
