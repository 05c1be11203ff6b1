import assert from "node:assert/strict";
import { test } from "node:test";
import { pluginEntries } from "@sallyport/admission";
import { enabledRows, rowOf, tableText } from "./plugins.ts";

const rows = pluginEntries.map(rowOf);
const lines = tableText(rows).trimEnd().split("\n");

/** What `kube-apiserver -h` of 1.37 lists: its default plugins in their order, and the others by name. */
const [on, off] = [
  "NamespaceLifecycle LimitRanger ServiceAccount TaintNodesByCondition PodSecurity Priority DefaultTolerationSeconds DefaultStorageClass StorageObjectInUseProtection PodGroupProtection PersistentVolumeClaimResize RuntimeClass CertificateApproval CertificateSigning ClusterTrustBundleAttest CertificateSubjectRestriction DefaultIngressClass PodTopologyLabels NodeDeclaredFeatureValidator PodResizeValidator MutatingAdmissionPolicy MutatingAdmissionWebhook ValidatingAdmissionPolicy ValidatingAdmissionWebhook ResourceQuota",
  "AlwaysAdmit AlwaysDeny AlwaysPullImages DenyServiceExternalIPs EventRateLimit ExtendedResourceToleration ImagePolicyWebhook LimitPodHardAntiAffinityTopology NamespaceAutoProvision NamespaceExists NodeRestriction OwnerReferencesPermissionEnforcement PodNodeSelector PodTolerationRestriction",
].map((text) => text.split(" ")) as [string[], string[]];

test("plugins: kube-apiserver 1.37's, in its order and with its defaults, beside those that are gone and our own", () => {
  const theirs = rows.filter(({ removed, own }) => removed === undefined && own === undefined);
  assert.deepEqual(
    theirs.filter((each) => each.default).map(({ name }) => name),
    on,
  );
  assert.deepEqual(
    theirs
      .filter((each) => !each.default)
      .map(({ name }) => name)
      .sort(),
    off,
  );
  assert.deepEqual(
    rows.filter(({ removed }) => removed !== undefined).map(({ name, removed }) => `${name} ${removed}`),
    ["PodSecurityPolicy v1.25", "PodGroupWorkloadExists v1.37", "JobValidation v1.37"],
  );
});

const told: { readonly [name: string]: RegExp } = {
  NamespaceExists: /^ {2}4 {2}off {2}NamespaceExists +validating +deprecated: NamespaceLifecycle replaces it$/,
  PodSecurity: /^ 12 {2}on {3}PodSecurity +validating +configurable$/,
  PodSecurityPolicy:
    /^ 13 {2}off {2}PodSecurityPolicy +mutating, validating +deprecated since v1\.21, gone since v1\.25: PodSecurity replaces it; /,
  JobValidation:
    /on {3}JobValidation +validating +does nothing while the feature gate WorkloadWithJob is off; gone since v1\.37$/,
  RegoPolicies: /on {3}RegoPolicies +mutating, validating +of Sallyport alone$/,
  AlwaysDeny: /off {2}AlwaysDeny +mutating, validating +deprecated since v1\.13: leave it out: it was for tests$/,
};

for (const [name, line] of Object.entries(told))
  test(`plugins: ${name}`, () => assert.match(lines[rows.findIndex((each) => each.name === name)] ?? "", line));

test("plugins: what replaces a plugin is one of the list", () => {
  const names = rows.map(({ name }) => name);
  const replacing = rows.flatMap(({ deprecated }) => deprecated?.replacedBy ?? []);
  assert.deepEqual(replacing, ["NamespaceLifecycle", "NamespaceLifecycle", "PodSecurity"]);
  assert.ok(replacing.every((name) => names.includes(name)));
});

test("plugins: those that flags enable and disable", () => {
  const flags = { enableAdmissionPlugins: ["NodeRestriction"], disableAdmissionPlugins: ["PodSecurity"] };
  const text = tableText(enabledRows(flags));
  assert.match(text, /on {3}NodeRestriction +mutating +enabled by a flag$/m);
  assert.match(text, /off {2}PodSecurity +validating +disabled by a flag; configurable$/m);
  assert.throws(
    () => enabledRows({ ...flags, enableAdmissionPlugins: ["Nothing"] }),
    /unknown plugin "Nothing"; known: /,
  );
});
