import { type Fields, fill } from "../rules.ts";

/** A pod template's spec, where there is one. */
export function templateDefaults(template: Fields | undefined): void {
  if (template?.["spec"] !== undefined) podSpecDefaults(template["spec"]);
}

/** SetDefaults_Pod: what a template leaves open. */
export function podDefaults(spec: Fields): void {
  for (const each of [...(spec["containers"] ?? []), ...(spec["initContainers"] ?? [])]) {
    const { requests, limits } = (each["resources"] ?? {}) as Fields;
    if (limits !== undefined) each["resources"].requests = { ...limits, ...requests };
  }
  if (spec["enableServiceLinks"] === undefined) spec["enableServiceLinks"] = true;
  if (spec["hostNetwork"] === true) hostPortDefaults(spec);
  podSpecDefaults(spec);
}

/** SetDefaults_PodStatus: a pod's first address stands by itself, too, and that counts. */
export function podStatusDefaults(status: Fields | undefined): void {
  if (status === undefined) return;
  const [first] = (status["podIPs"] ?? []) as readonly Fields[];
  const { podIP } = status;
  if (podIP && first?.["ip"] !== podIP) status["podIPs"] = [{ ip: podIP }];
  else if (!podIP && first !== undefined) status["podIP"] = first["ip"];
}

/** Of a pod alone: templates keep what they say. */
function hostPortDefaults(spec: Fields): void {
  for (const { ports } of [...(spec["containers"] ?? []), ...(spec["initContainers"] ?? [])] as readonly Fields[])
    for (const port of (ports ?? []) as readonly Fields[]) port["hostPort"] ??= port["containerPort"];
}

/** SetDefaults_PodSpec and those of what it holds. */
export function podSpecDefaults(spec: Fields): void {
  fill(spec, {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
  });
  const account = (spec["serviceAccountName"] || spec["serviceAccount"]) as string | undefined;
  if (account) Object.assign(spec, { serviceAccountName: account, serviceAccount: account });
  for (const volume of spec["volumes"] ?? []) volumeDefaults(volume);
  for (const each of [
    ...(spec["initContainers"] ?? []),
    ...(spec["containers"] ?? []),
    ...(spec["ephemeralContainers"] ?? []),
  ])
    container(each);
}

function container(each: Fields): void {
  fill(each, {
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: pullPolicy(each["image"]),
  });
  for (const port of each["ports"] ?? []) port.protocol ??= "TCP";
  for (const name of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    if (each[name] === undefined) continue;
    fill(each[name], { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
    if (each[name].httpGet !== undefined) fill(each[name].httpGet, { path: "/", scheme: "HTTP" });
  }
  for (const name of ["postStart", "preStop"]) {
    const request = each["lifecycle"]?.[name]?.httpGet;
    if (request !== undefined) fill(request, { path: "/", scheme: "HTTP" });
  }
  for (const variable of each["env"] ?? []) {
    if (variable.valueFrom?.fieldRef !== undefined) variable.valueFrom.fieldRef.apiVersion ??= "v1";
  }
}

const domain = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const imageName = new RegExp(
  `^(?:(?:${domain}(?:\\.${domain})*|\\[[0-9a-fA-F:]+\\])(?::\\d+)?/)?[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*(?::(\\w[\\w.-]{0,127}))?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** `latest`, and no tag at all, are pulled always; what is no name of an image is not. */
function pullPolicy(image: unknown): string {
  const match = imageName.exec(String(image ?? ""));
  if (match === null) return "IfNotPresent";
  const [, tag, digest] = match;
  return tag === "latest" || (tag === undefined && digest === undefined) ? "Always" : "IfNotPresent";
}

const sourceDefaults: { readonly [source: string]: Fields } = {
  azureDisk: { cachingMode: "ReadWrite", kind: "Shared", fsType: "ext4", readOnly: false },
  hostPath: { type: "" },
  iscsi: { iscsiInterface: "default" },
  rbd: { pool: "rbd", user: "admin", keyring: "/etc/ceph/keyring" },
  scaleIO: { storageMode: "ThinProvisioned", fsType: "xfs" },
};

/** Of volumes of pods as of those of the cluster. */
export function volumeSourceDefaults(volume: Fields): void {
  for (const [source, defaults] of Object.entries(sourceDefaults))
    if (volume[source] !== undefined) fill(volume[source], defaults);
}

function volumeDefaults(volume: Fields): void {
  const source = Object.keys(volume).find((key) => key !== "name");
  if (source === undefined) volume["emptyDir"] = {};
  for (const name of ["secret", "configMap", "downwardAPI", "projected"]) {
    if (volume[name] !== undefined) volume[name].defaultMode ??= 420;
  }
  if (volume["image"] !== undefined) volume["image"].pullPolicy ??= pullPolicy(volume["image"].reference);
  volumeSourceDefaults(volume);
  const claim = volume["ephemeral"]?.volumeClaimTemplate?.spec;
  if (claim !== undefined) claim.volumeMode ??= "Filesystem";
  for (const item of volume["downwardAPI"]?.items ?? [])
    if (item.fieldRef !== undefined) item.fieldRef.apiVersion ??= "v1";
  for (const part of volume["projected"]?.sources ?? []) {
    if (part.serviceAccountToken !== undefined) part.serviceAccountToken.expirationSeconds ??= 3600;
    for (const item of part.downwardAPI?.items ?? [])
      if (item.fieldRef !== undefined) item.fieldRef.apiVersion ??= "v1";
  }
}
