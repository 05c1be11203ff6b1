import { tabColumns } from "../tab-columns.ts";
import type { CatalogPolicy } from "./catalog.ts";
import type { Installation, InstalledPolicy, Removal } from "./cluster-policies.ts";

/** A policy that another version took the place of, or would. */
export interface VersionChange {
  readonly name: string;
  readonly fromVersion: string;
  readonly toVersion: string;
}

export interface Upgrade {
  readonly upgraded: readonly VersionChange[];
  readonly alreadyCurrent: readonly string[];
  readonly notInstalled: readonly string[];
  readonly notFound: readonly string[];
  readonly failed: Installation["failed"];
}

export interface Update {
  readonly catalogVersion: string;
  readonly policyCount: number;
  readonly bundleCount: number;
  readonly upgradable: readonly VersionChange[];
}

const apiVersion = "gator.gatekeeper.sh/v1alpha1";

/** gator's JSON: lists that are empty are left out of results. */
export function jsonText(value: object): string {
  return `${JSON.stringify({ apiVersion, ...value }, undefined, 2)}\n`;
}

export function resultJson(kind: string, result: object): string {
  const shown = Object.entries(result).filter(([, each]) => !Array.isArray(each) || each.length > 0);
  return jsonText({ kind, result: Object.fromEntries(shown) });
}

export function installedText(policies: readonly InstalledPolicy[]): string {
  if (policies.length === 0) return "No policies installed.\n";
  const rows = policies.map(({ name, version, bundle = "-", installedAt = "" }) =>
    [name, version, bundle, installedAt.slice(0, 10)].join("\t"),
  );
  return tabColumns(["NAME\tVERSION\tBUNDLE\tINSTALLED", ...rows]);
}

export function searchText(policies: readonly CatalogPolicy[]): string {
  if (policies.length === 0) return "No policies found.\n";
  const rows = policies.map(({ name, version, category, description }) =>
    [name, version, category, description.length > 50 ? `${description.slice(0, 47)}...` : description].join("\t"),
  );
  return tabColumns(["NAME\tVERSION\tCATEGORY\tDESCRIPTION", ...rows]);
}

export function updateText({ catalogVersion, policyCount, bundleCount, upgradable }: Update): string {
  const head = `Updated catalog to version ${catalogVersion} (${policyCount} policies, ${bundleCount} bundles)\n`;
  if (upgradable.length === 0) return head;
  const lines = upgradable.map(({ name, fromVersion, toVersion }) => `  ${name}  ${fromVersion} → ${toVersion}\n`);
  return `${head}\n${upgradable.length} policies have updates available:\n${lines.join("")}\nRun 'gator policy upgrade --all' to upgrade.\n`;
}

export function installText(
  { installed, skipped, failed, templates, constraints }: Installation,
  versionOf: (name: string) => string,
  isDry: boolean,
): string {
  const lines = [
    ...installed.map((name) =>
      isDry ? `(dry-run) ${name} ${versionOf(name)}` : `✓ ${name} (${versionOf(name)}) installed`,
    ),
    ...skipped.map((name) => `- ${name} (already installed at same version)`),
    ...failed.map(failure),
  ];
  if (failed.length === 0 && !isDry && templates > 0)
    lines.push("", `✓ Installed ${templates} templates, ${constraints} constraints`);
  return textOf(lines);
}

export function removalText({ uninstalled, notFound, notManaged }: Removal, isDry: boolean): string {
  return textOf([
    ...uninstalled.map((name) => (isDry ? name : `✓ ${name} uninstalled`)),
    ...notFound.map((name) => `- ${name} (not found)`),
    ...notManaged.map((name) => `✗ ${name} - not managed by gator`),
  ]);
}

export function upgradeText(
  { upgraded, alreadyCurrent, notInstalled, notFound, failed }: Upgrade,
  isDry: boolean,
): string {
  const lines = [
    ...(isDry && upgraded.length > 0 ? [`==> Would upgrade ${upgraded.length} policies:`] : []),
    ...upgraded.map(({ name, fromVersion, toVersion }) =>
      isDry ? `${name} ${fromVersion} -> ${toVersion}` : `✓ ${name} upgraded (${fromVersion} → ${toVersion})`,
    ),
    ...alreadyCurrent.map((name) => `- ${name} (already at latest version)`),
    ...notInstalled.map((name) => `- ${name} (not installed)`),
    ...notFound.map((name) => `- ${name} (not found in catalog)`),
    ...failed.map(failure),
  ];
  if (upgraded.length === 0 && failed.length === 0)
    lines.push(
      "",
      notFound.length > 0
        ? `No upgrades available. ${notFound.length} policies not found in catalog.`
        : "All policies are up to date.",
    );
  return textOf(lines);
}

function failure({ name, error }: { readonly name: string; readonly error: string }): string {
  return `✗ ${name} - failed: ${error}`;
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
