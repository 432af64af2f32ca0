/* SPDX-License-Identifier: Apache-2.0 */
/* Lives five milliseconds: shorter than any sweep, and gone before anybody could read /proc. */
#include <time.h>

int main(void)
{
	const struct timespec life = {.tv_nsec = 5 * 1000 * 1000};

	return nanosleep(&life, NULL) ? 1 : 0;
}
