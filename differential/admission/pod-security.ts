import { existsSync, globSync, readFileSync } from "node:fs";
import type { KubeObject } from "@sallyport/kube";
import { parse } from "yaml";
import { dataFolder } from "../../conformance/suite.ts";
import type { AdmissionCase } from "./policies.ts";

/**
 * Upstream's fixtures of PodSecurity, each to a namespace whose labels enforce its level and version; the stricter level warns. None
 * where the data are absent.
 */
export function podSecurityCases(): readonly AdmissionCase[] {
  const folder = dataFolder({ folder: "pod-security" });
  if (!existsSync(folder)) return [];
  const known = new Set<string>();
  return globSync(`${folder}/*/v*/{pass,fail}/*.yaml`)
    .sort()
    .map((file) => {
      const [level = "", version = ""] = file.split("/").slice(-4);
      const namespace = `${level}-${version.replace(".", "-")}`;
      const before = known.has(namespace) ? [] : namespaceSteps(namespace, level, version);
      known.add(namespace);
      const pod = parse(readFileSync(file, "utf8")) as KubeObject;
      const body = { ...pod, metadata: { ...pod.metadata, namespace } };
      // Nothing is stored: the same names come again with each version.
      const asked = { method: "POST", path: `/api/v1/namespaces/${namespace}/pods?dryRun=All`, body };
      return { name: file.split("/").slice(-4).join("/"), before, asked };
    });
}

function namespaceSteps(name: string, level: string, version: string): AdmissionCase["before"] {
  const prefix = "pod-security.kubernetes.io";
  const labels = {
    [`${prefix}/enforce`]: level,
    [`${prefix}/enforce-version`]: version,
    [`${prefix}/warn`]: "restricted",
    [`${prefix}/warn-version`]: version,
  };
  const space = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  return [
    { method: "POST", path: "/api/v1/namespaces", body: space },
    { method: "POST", path: `/api/v1/namespaces/${name}/serviceaccounts`, body: account },
  ];
}
