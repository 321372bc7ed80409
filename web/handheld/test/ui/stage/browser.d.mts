import type { Page } from '@playwright/test';
import type { Scene } from './scenes';

export interface Stage {
  scenes: Record<string, Scene>;
  page(size: string, say: (problem: string) => void): Promise<Page>;
  show(page: Page, scene: string, lang: string, dir?: string): Promise<void>;
  close(): Promise<void>;
}
export function openStage(options?: { font?: string }): Promise<Stage>;
export function catalogue(lang: string): Record<string, string>;
export function wrongWith(page: Page): Promise<string[]>;
