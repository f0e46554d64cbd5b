/* The least that anybody must do for the first pass: libjpeg-turbo's decode of each file, in grey
 * and an eighth of its size, one row after the other.  Prints the seconds of processor time that
 * it took, files already in memory.  Compiled and run by dhash_pass.py.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jpeglib.h>

struct trouble {
    struct jpeg_error_mgr base;
    jmp_buf way_out;
};

static void give_up(j_common_ptr decoder) {
    longjmp(((struct trouble *)decoder->err)->way_out, 1);
}

static double processor_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static unsigned char *whole(const char *path, unsigned long *size) {
    FILE *file = fopen(path, "rb");
    unsigned char *bytes;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) return NULL;
    *size = (unsigned long)ftell(file);
    rewind(file);
    bytes = malloc(*size);
    if (bytes == NULL || fread(bytes, 1, *size, file) != *size) return NULL;
    fclose(file);
    return bytes;
}

static int decode(const unsigned char *bytes, unsigned long size) {
    struct jpeg_decompress_struct decoder;
    struct trouble errors;
    JSAMPROW row = NULL;
    decoder.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = give_up;
    if (setjmp(errors.way_out)) {
        jpeg_destroy_decompress(&decoder);
        free(row);
        return 1;
    }
    jpeg_create_decompress(&decoder);
    jpeg_mem_src(&decoder, bytes, size);
    jpeg_read_header(&decoder, TRUE);
    decoder.out_color_space = JCS_GRAYSCALE;
    decoder.scale_num = 1;
    decoder.scale_denom = 8;
    jpeg_start_decompress(&decoder);
    row = malloc(decoder.output_width);
    while (decoder.output_scanline < decoder.output_height) jpeg_read_scanlines(&decoder, &row, 1);
    jpeg_finish_decompress(&decoder);
    jpeg_destroy_decompress(&decoder);
    free(row);
    return 0;
}

int main(int count, char **paths) {
    double taken_s = 0;
    for (int at = 1; at < count; at++) {
        unsigned long size;
        unsigned char *bytes = whole(paths[at], &size);
        double began_s = processor_s();
        if (bytes == NULL || decode(bytes, size) != 0) {
            fprintf(stderr, "can't decode %s\n", paths[at]);
            return 1;
        }
        taken_s += processor_s() - began_s;
        free(bytes);
    }
    printf("%.6f\n", taken_s);
    return 0;
}
