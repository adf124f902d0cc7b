/** Builds for people, not for developers, whatever the caller's environment says. */
import { env } from 'node:process';

/**
 * Does something with NODE_ENV set to `production`. Without it Vite takes the libraries' variants for developers and
 * writes paths of this machine beside each element, and the same sources give other bytes elsewhere.
 */
export async function inProduction<T>(action: () => Promise<T>): Promise<T> {
  const { NODE_ENV } = env;
  env.NODE_ENV = 'production';
  try {
    return await action();
  } finally {
    if (NODE_ENV === undefined) delete env.NODE_ENV;
    else env.NODE_ENV = NODE_ENV;
  }
}
