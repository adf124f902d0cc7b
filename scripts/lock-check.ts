/**
 * Refuses a lock file in which a platform's optional package is missing: npm writes such a file when a
 * registry does not show that package, and `npm ci` then stops on every machine.
 */
import { readFileSync } from 'node:fs';

interface LockedPackage {
  optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
const missing: string[] = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!lock.packages[`node_modules/${name}`] && !lock.packages[`${path}/node_modules/${name}`]) {
      missing.push(`${name} (needed by ${path || 'the project'})`);
    }
  }
}
for (const line of missing) console.error(`missing from package-lock.json: ${line}`);
process.exitCode = missing.length > 0 ? 1 : 0;
