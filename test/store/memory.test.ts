/** The memory store keeps the contract of stores. */
import { createMemoryStore } from '../support/memory-store.ts';
import { storeContract } from './contract.ts';

storeContract('memory', createMemoryStore);
