import { hostname } from "node:os";
import { filesOf } from "@sallyport/webhook";
import { Command } from "commander";
import { chainOptions } from "../admission-configuration.ts";
import { readResources } from "../asked-resources.ts";
import { readAuthorities } from "../authority-file.ts";
import { list } from "../comma-list.ts";
import { connectionOf } from "../connection.ts";
import { UsageError } from "../errors.ts";
import { type ExternalDataFlags, externalDataSettings } from "../external-data-flags.ts";
import { addSidecarOptions, type SidecarFlags, sidecarSettings } from "../mesh/sidecar-flags.ts";
import { readPolicies } from "../policy-files.ts";
import { type OwnTls, openWebhook, type WebhookOptions } from "../webhook.ts";

interface WebhookFlags extends ExternalDataFlags, SidecarFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly host: string;
  readonly port: string;
  readonly policy: readonly string[];
  readonly replicate: readonly string[];
  readonly enableAdmissionPlugins: readonly string[];
  readonly disableAdmissionPlugins: readonly string[];
  readonly admissionControlConfigFile?: string;
  readonly mesh?: boolean;
  readonly gatekeeper?: boolean;
  readonly gatekeeperNamespace: string;
  readonly defaultCreateVapForTemplates: string;
  readonly defaultCreateVapBindingForConstraints: string;
  readonly exemptNamespace: readonly string[];
  readonly exemptNamespacePrefix: readonly string[];
  readonly exemptNamespaceSuffix: readonly string[];
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  readonly tlsSecretFolder?: string;
  readonly service: string;
  readonly secret: string;
  readonly configuration: readonly string[];
  readonly clientCaFile?: string;
}

export function webhookCommand(): Command {
  const command = new Command("webhook")
    .description("serve admission reviews to a Kubernetes API server: in a cluster, or beside a kube-apiserver")
    .option("--kubeconfig <file>", "how to reach the API server; in a pod its service account")
    .option("--context <name>", "another context of the kubeconfig than its current one")
    .option("--host <address>", "address to listen on", "0.0.0.0")
    .option("--port <number>", "port to listen on; 0 takes any free one", "8443")
    .option("-p, --policy <paths>", "Rego files or folders, beside the ConfigMaps of the namespace opa", list, [])
    .option(
      "--replicate <resources>",
      "what policies read below data.kubernetes: pods,ingresses.networking.k8s.io",
      list,
      [],
    )
    .option(
      "--enable-admission-plugins <names>",
      "plugins to run beside RegoPolicies; default: all default ones",
      list,
      [],
    )
    .option("--disable-admission-plugins <names>", "plugins of those to leave out", list, [])
    .option("--admission-control-config-file <file>", "an AdmissionConfiguration, as of kube-apiserver")
    .option("--gatekeeper", "enforce the cluster's ConstraintTemplates, constraints and mutators, as Gatekeeper does")
    .option(
      "--external-data-provider-response-cache-ttl <duration>",
      "with --gatekeeper: how long what a Provider told a template is good; 0s asks each time",
      "3m",
    )
    .option(
      "--exempt-namespace <names>",
      "with --gatekeeper: namespaces that may have the label admission.gatekeeper.sh/ignore",
      list,
      [],
    )
    .option("--exempt-namespace-prefix <prefixes>", "the same, by how their names begin", list, [])
    .option("--exempt-namespace-suffix <suffixes>", "the same, by how their names end", list, [])
    .option(
      "--default-create-vap-for-templates <boolean>",
      "with --gatekeeper: ValidatingAdmissionPolicies of templates in CEL that do not say generateVAP",
      "true",
    )
    .option(
      "--default-create-vap-binding-for-constraints <boolean>",
      "with --gatekeeper: bindings of their constraints that are not scoped",
      "true",
    )
    .option("--gatekeeper-namespace <name>", "where statuses by pod lie", "gatekeeper-system")
    .option("--tls-cert-file <file>", "certificate of the server; read anew when it changes")
    .option("--tls-private-key-file <file>", "its key")
    .option("--tls-secret-folder <folder>", "both, where a Secret of type kubernetes.io/tls is mounted")
    .option(
      "--service <name.namespace>",
      "our Service, for a certificate that we make ourselves",
      "sallyport.sallyport",
    )
    .option(
      "--secret <name>",
      "the Secret, in the Service's namespace, that keeps it for all replicas",
      "sallyport-webhook-tls",
    )
    .option("--configuration <names>", "webhook configurations whose caBundle we keep current", list, ["sallyport"])
    .option("--client-ca-file <file>", "only clients with a certificate of this authority may ask")
    .option("--mesh", "reviews at /inject give pods sidecars, as the next flags say");
  return addSidecarOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  sallyport webhook                                     in a pod, as \`sallyport install\` sets it up
  sallyport webhook --kubeconfig ~/.kube/config --tls-cert-file tls.crt --tls-private-key-file tls.key
  sallyport webhook --enable-admission-plugins PodSecurity -p policies/
  sallyport webhook --gatekeeper                        in Gatekeeper's place
  sallyport webhook --mesh --ca-address mesh-ca.sallyport.svc:15012   sidecars for pods, as Istio's labels ask
  sallyport webhook --tls-secret-folder /tls            from \`kubectl create secret tls\`

Reviews go to /mutate and /validate, with --mesh to /inject, too; probes to /livez and /readyz; Prometheus to /metrics.
Exit status: 0 stopped, 2 bad usage, 3 port, files or permissions.`,
    )
    .action(runWebhook);
}

async function runWebhook(flags: WebhookFlags): Promise<void> {
  const port = Number(flags.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new UsageError(`--port ${flags.port}: expected a number from 0 to 65535`);
  const connection = connectionOf(flags);
  const { enableAdmissionPlugins: plugins, ...others } = flags;
  const webhook = await openWebhook({
    connection,
    host: flags.host,
    port,
    chain: chainOptions({ ...others, enableAdmissionPlugins: [] }),
    plugins,
    policies: readPolicies(flags.policy),
    replicate: readResources("--replicate", flags.replicate),
    ...(flags.gatekeeper === true
      ? {
          gatekeeper: {
            id: process.env["POD_NAME"] ?? hostname(),
            namespace: flags.gatekeeperNamespace,
            ttl: externalDataSettings(flags).ttl,
            generation: {
              templates: booleanOf("--default-create-vap-for-templates", flags.defaultCreateVapForTemplates),
              bindings: booleanOf(
                "--default-create-vap-binding-for-constraints",
                flags.defaultCreateVapBindingForConstraints,
              ),
            },
            exemptNamespaces: [
              ...flags.exemptNamespace,
              ...flags.exemptNamespacePrefix.map((prefix) => `${prefix}*`),
              ...flags.exemptNamespaceSuffix.map((suffix) => `*${suffix}`),
            ],
          },
        }
      : {}),
    ...(flags.mesh === true ? { sidecars: sidecarSettings(flags) } : {}),
    tls: tlsOf(flags),
    ...(flags.clientCaFile === undefined ? {} : { clientCa: readAuthorities("--client-ca-file", flags.clientCaFile) }),
    say: (text) => process.stderr.write(`sallyport: ${text}\n`),
  });
  process.stdout.write(`listening at ${webhook.server.url}, asking ${connection.url}\n`);
  await new Promise<void>((stopped) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopped());
  });
  await webhook.close();
}

function tlsOf(flags: WebhookFlags): WebhookOptions["tls"] {
  const { tlsCertFile: certificate, tlsPrivateKeyFile: key, tlsSecretFolder } = flags;
  if (tlsSecretFolder !== undefined) return filesOf(tlsSecretFolder);
  if ((certificate === undefined) !== (key === undefined))
    throw new UsageError("--tls-cert-file and --tls-private-key-file belong together");
  return certificate === undefined || key === undefined ? ownTls(flags) : { certificate, key };
}

function booleanOf(flag: string, text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new UsageError(`${flag} ${text}: expected true or false`);
}

function ownTls({ service, secret, configuration }: WebhookFlags): OwnTls {
  const [name, namespace, ...more] = service.split(".");
  if (!name || !namespace || more.length > 0) throw new UsageError(`--service ${service}: expected NAME.NAMESPACE`);
  return {
    secret: { namespace, name: secret },
    names: [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`, `${name}.${namespace}`, "localhost"],
    configurations: { mutating: configuration, validating: configuration },
  };
}
