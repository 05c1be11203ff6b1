import { connect } from "node:net";
import { quantile } from "../client.ts";
import { bulkSign, lanes, responseBytes, type Seen, type Workload } from "./workload.ts";

// A client of its own process, by bare sockets: it must cost less than what it measures. Prints what it saw.
const [workload = "keepalive", port = "", milliseconds = ""] = process.argv.slice(2);
const kind = workload as Workload;
const request = Buffer.from(
  kind === "bulk" ? String.fromCharCode(bulkSign) : "GET / HTTP/1.1\r\nhost: web.shop\r\n\r\n",
);
const buffer = Buffer.alloc(65_536);
const times: number[] = [];
let bytes = 0;

function lane(): void {
  let got = 0;
  let from = performance.now();
  const onread = {
    buffer,
    callback: (length: number) => {
      bytes += length;
      got += length;
      if (kind === "bulk" || got < responseBytes) return true;
      got = 0;
      const now = performance.now();
      times.push(now - from);
      from = now;
      if (kind === "newconn") {
        socket.destroy();
        lane();
      } else socket.write(request);
      return true;
    },
  };
  const socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true, onread }, () => socket.write(request));
  socket.on("error", (error) => {
    console.error(`${kind}: ${error.message}`);
    process.exit(1);
  });
}

const began = performance.now();
for (let i = 0; i < lanes[kind]; i++) lane();
setTimeout(() => {
  const seconds = (performance.now() - began) / 1000;
  const seen: Seen = { requests: times.length, bytes, seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  console.log(JSON.stringify(seen));
  process.exit(0);
}, Number(milliseconds));
