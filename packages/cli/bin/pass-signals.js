/** Who ends us ends the program that we have started, which may have work to finish; what a terminal sends it has got itself. */
export function passSignals(child) {
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
}
