/** The memory store keeps the contract of stores. */
import { createMemoryStore } from '../../src/store/memory.ts';
import { storeContract } from './contract.ts';

storeContract('memory', createMemoryStore);
