/** The environment of a program that must not see the credentials, settings and caches of who runs the tests. */
export function bareEnvironment(home: string): { readonly [name: string]: string | undefined } {
  return { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'], HOME: home };
}
