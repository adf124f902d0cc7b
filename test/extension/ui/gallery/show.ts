import type { Page } from 'playwright';
import { now } from './fixtures.ts';
import type { Scene } from './scenes.tsx';

/** Opens a scene in a page as it is meant to be looked at: at its size and time, with the keyboard in place. */
export async function showScene(
  page: Page,
  address: string,
  name: string,
  scene: Scene,
  query = '',
): Promise<void> {
  await page.setViewportSize({ width: scene.width, height: scene.height });
  await page.clock.setFixedTime(now);
  await page.goto(`${address}?scene=${name}${query}`);
  for (const button of scene.press ?? []) await page.getByRole('button', { name: button }).first().click();
  if (scene.unfold !== undefined) await page.locator('summary', { hasText: scene.unfold }).first().click();
  if (scene.typing) await page.locator('textarea').first().focus();
  await page
    .locator('.seal-mark')
    .first()
    .waitFor({ timeout: 300 })
    .catch(() => {});
}
