/** `sallyport images … | head` closes our output early, which is no failure; a result that finds no room on its disk is one. */
export function endWithOutput(...streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      if (stream === process.stdout)
        process.stderr.write(
          `error: standard output: cannot be written (${error.code ?? error.message}); the result is not complete\n`,
        );
      process.exit(1);
    });
  }
}
