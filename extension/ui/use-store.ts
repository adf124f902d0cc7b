import { useLayoutEffect, useState } from 'preact/hooks';
import type { Observable } from './store.ts';

/** The current value of an observable; renders again at each change. */
export function useStore<T>(observable: Observable<T>): T {
  const [value, setValue] = useState(observable.current());
  useLayoutEffect(() => {
    const update = () => setValue(observable.current());
    update();
    return observable.subscribe(update);
  }, [observable]);
  return value;
}
