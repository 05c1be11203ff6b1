import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtArguments } from "../../scripts/node-arguments.ts";
import { identityOf, serverName } from "./certificates.ts";

/** The ports of one product: a client's proxy in front of a server's, in front of the application. */
export interface Hops {
  readonly client: number;
  readonly server: number;
  readonly backend: number;
}

/** Two processes of a product, one thread each, the same mutual TLS between them. */
export interface Product {
  readonly name: string;
  readonly version: string;
  /** Writes what it reads, and answers the command lines of both. */
  readonly commands: (folder: string, hops: Hops) => { readonly client: string[]; readonly server: string[] };
}

const sallyport: Product = {
  name: "sallyport",
  version: process.version,
  commands: (folder, { client, server, backend }) => {
    const place = (port: number) => ({ ip: "127.0.0.1", port });
    const program = (side: string, config: object) => {
      const path = join(folder, `sallyport-${side}.json`);
      writeFileSync(path, JSON.stringify(config));
      const flags = ["--config", path, "--certificates", join(folder, side), "--access-log", "none"];
      return [process.execPath, ...builtArguments, "mesh", "proxy", ...flags];
    };
    const target = { ...place(server), tls: "mutual", identities: [identityOf("server")] };
    return {
      client: program("client", {
        listeners: [{ direction: "outbound", port: client, destination: place(server) }],
        outbound: [target],
      }),
      server: program("server", {
        listeners: [{ direction: "inbound", host: "127.0.0.1", port: server, destination: place(backend) }],
        inbound: { mode: "STRICT" },
      }),
    };
  },
};

const haproxyGlobal = `global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  timeout connect 10s
  timeout client 60s
  timeout server 60s
`;

function haproxy(command: string, version: string): Product {
  return {
    name: "haproxy",
    version,
    commands: (folder, { client, server, backend }) => {
      const [clientFile, serverFile] = [join(folder, "haproxy-client.cfg"), join(folder, "haproxy-server.cfg")];
      const roots = `ca-file ${folder}/root.crt verify required`;
      writeFileSync(
        clientFile,
        `${haproxyGlobal}listen client
  bind 127.0.0.1:${client}
  server s 127.0.0.1:${server} ssl crt ${folder}/client.pem ${roots} verifyhost ${serverName} ssl-min-ver TLSv1.3 alpn istio
`,
      );
      writeFileSync(
        serverFile,
        `${haproxyGlobal}listen server
  bind 127.0.0.1:${server} ssl crt ${folder}/server.pem ${roots} ssl-min-ver TLSv1.3 alpn istio
  server s 127.0.0.1:${backend}
`,
      );
      return { client: [command, "-db", "-f", clientFile], server: [command, "-db", "-f", serverFile] };
    },
  };
}

function nginx(command: string, version: string, module: string): Product {
  return {
    name: "nginx",
    version,
    commands: (folder, { client, server, backend }) => {
      const file = (side: string, text: string) => {
        const path = join(folder, `nginx-${side}.conf`);
        writeFileSync(
          path,
          `load_module ${module};
daemon off; master_process off; worker_processes 1; pid ${folder}/nginx-${side}.pid; error_log stderr crit;
events { worker_connections 4096; }
stream { ${text} }
`,
        );
        return [command, "-c", path, "-p", folder];
      };
      const own = (side: string, prefix: string) =>
        `${prefix}_certificate ${folder}/${side}.crt; ${prefix}_certificate_key ${folder}/${side}.key; ${prefix}_protocols TLSv1.3;`;
      return {
        client: file(
          "client",
          `server { listen 127.0.0.1:${client}; tcp_nodelay on; proxy_pass 127.0.0.1:${server}; proxy_ssl on; ${own("client", "proxy_ssl")}
proxy_ssl_trusted_certificate ${folder}/root.crt; proxy_ssl_verify on; proxy_ssl_name ${serverName}; }`,
        ),
        server: file(
          "server",
          `server { listen 127.0.0.1:${server} ssl; tcp_nodelay on; proxy_pass 127.0.0.1:${backend}; ${own("server", "ssl")}
ssl_client_certificate ${folder}/root.crt; ssl_verify_client on; ssl_session_cache shared:s:4m; }`,
        ),
      };
    },
  };
}

/** Ours, and the peers of this machine; why others are skipped. */
export function products(): { readonly found: readonly Product[]; readonly skipped: readonly string[] } {
  const found: Product[] = [sallyport];
  const skipped: string[] = [];
  const [haproxyCommand, nginxCommand] = [
    process.env["SALLYPORT_HAPROXY"] ?? "haproxy",
    process.env["SALLYPORT_NGINX"] ?? "nginx",
  ];
  const haproxyVersion = versionOf(haproxyCommand, /HAProxy version (\S+)/);
  if (haproxyVersion === undefined) skipped.push("haproxy: not on the PATH; SALLYPORT_HAPROXY names one");
  else found.push(haproxy(haproxyCommand, haproxyVersion));
  const nginxVersion = versionOf(nginxCommand, /nginx\/(\S+)/);
  const module = process.env["SALLYPORT_NGINX_STREAM"] ?? "/usr/lib/nginx/modules/ngx_stream_module.so";
  if (nginxVersion === undefined) skipped.push("nginx: not on the PATH; SALLYPORT_NGINX names one");
  else if (!existsSync(module)) skipped.push(`nginx: no ${module}; SALLYPORT_NGINX_STREAM names its module of streams`);
  else found.push(nginx(nginxCommand, nginxVersion, module));
  return { found, skipped };
}

function versionOf(command: string, pattern: RegExp): string | undefined {
  const { stdout, stderr, error } = spawnSync(command, ["-v"], { encoding: "utf8" });
  return error === undefined ? pattern.exec(stdout + stderr)?.[1] : undefined;
}
